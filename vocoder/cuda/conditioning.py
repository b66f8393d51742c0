"""The conditioning network on a GPU: what is known of a frame to what is added inside each block's
gate, which stays there.

It is computed in two steps, for what is added is the largest thing there is of a frame.
`CudaConditioning.hidden` computes a sentence when it is reached, together with those of other
threads, as far as the last product, whose inputs stay on the GPU. `CudaConditioning.project` is
that product, for whatever frames of whatever streams are spoken next. Layers are `vocoder.cuda`: no
byte depends on the batch, on one GPU.

F frames, M mels, L layers, G gate, I inputs, H the inputs of the last product, R rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vocoder.config import CATEGORIES, FRAME_POSITIONS
from vocoder.cuda.device import device_for
from vocoder.cuda.dynamic_batcher import DynamicBatcher
from vocoder.cuda.host_embeddings import HostEmbeddings, weights_of
from vocoder.cuda.layers import RowLayer
from vocoder.cuda.ragged_batch import RaggedBatch, to_device
from vocoder.errors import InputError
from vocoder.wavenet.conditioner import LOG_F0_CENTRE, LOG_F0_SCALE, LOG_MEL_CENTRE, LOG_MEL_SCALE
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.network import WaveNet

FloatArray = npt.NDArray[np.float32]
MAX_BATCH = 64  # sentences of a call, which bounds the memory that it takes


@dataclass(frozen=True, kw_only=True, eq=False)
class ConditioningInputs:
    """A sentence, or the frames of a recording, as the network takes them.

    Attributes:
        inputs: float32 [F, I].
        speaker: index.
    """

    inputs: FloatArray
    speaker: int


class CudaConditioning:
    """`ConditioningNetwork`, to within rounding. Any number of threads may call it; they are served
    together.

    Args:
        network: whose weights are copied.
        device: a CUDA device; "cpu" where Triton interprets, which is for tests.
        most: sentences that are computed together.

    Attributes:
        width: H.

    Raises:
        EngineError: a device that Triton has no code for here.
    """

    def __init__(
        self, network: WaveNet, device: str | torch.device = "cuda", *, most: int = MAX_BATCH
    ) -> None:
        conditioning = network.conditioning
        self.config = network.config
        self.device = device_for(device)
        self._embeddings = HostEmbeddings(conditioning.embeddings)
        self._speakers = to_device(weights_of(conditioning.speaker), self.device)
        self._context = RowLayer(conditioning.context, activation="relu", device=self.device)
        self._mix = RowLayer(conditioning.mix, activation="relu", device=self.device)
        self._project = RowLayer(conditioning.project, device=self.device)
        self.width = self._project.inputs
        self._batcher = DynamicBatcher(self.hidden_of, most=most)

    def hidden(self, conditions: Conditions) -> Tensor:
        """What `project` takes of each frame, float32 [F, H] on the GPU. It is computed in the
        current stream: nobody waits until it is there.

        Linguistic features that are not known are given as absent.

        Raises:
            InputError: the voice has no such speaker.
        """
        return self._batcher.submit(self.frames(conditions))

    def project(self, rows: Tensor) -> Tensor:
        """Frames to what is added inside the gates, row by row; the host waits for nothing.

        Args:
            rows: float32 [R, H] on the GPU, of any sentences in any order.

        Returns:
            float32 [R, L * G] on the GPU.
        """
        return self._project(rows, RaggedBatch.unrelated(len(rows), self.device))

    def frames(self, conditions: Conditions) -> ConditioningInputs:
        """Conditions made ready. Raises as `hidden`."""
        config, frames = self.config, conditions.num_frames
        if not 0 <= conditions.speaker < config.num_speakers:
            raise InputError(
                f"there is no speaker {conditions.speaker}: there are {config.num_speakers}",
                field="speaker",
            )
        assert conditions.log_mel.shape == (frames, config.n_mels), conditions.log_mel.shape
        categories = (
            np.zeros((frames, len(CATEGORIES)), np.int64)
            if conditions.categories is None
            else conditions.categories
        )
        positions = (
            np.zeros((frames, len(FRAME_POSITIONS)), np.float32)
            if conditions.positions is None
            else conditions.positions
        )
        inputs = [
            (conditions.log_mel - np.float32(LOG_MEL_CENTRE)) / np.float32(LOG_MEL_SCALE),
            ((conditions.log_f0 - np.float32(LOG_F0_CENTRE)) / np.float32(LOG_F0_SCALE))[
                :, np.newaxis
            ],
            conditions.voicing[:, np.newaxis],
            self._embeddings(categories),
            positions,
        ]
        return ConditioningInputs(
            inputs=np.concatenate(inputs, axis=1, dtype=np.float32), speaker=conditions.speaker
        )

    def hidden_of(self, sentences: Sequence[ConditioningInputs]) -> list[Tensor]:
        """Float32 [F, H] for each sentence, which stay on the GPU: computed together, each as if
        alone.
        """
        ragged = RaggedBatch.of([len(sentence.inputs) for sentence in sentences], self.device)
        mixed = self._mix(
            self._context(ragged.joined([sentence.inputs for sentence in sentences]), ragged),
            ragged,
        )
        # Each is a tensor of its own: a view would keep those of everyone as long as the longest is
        # spoken.
        return [
            torch.cat([own, self._speakers[sentence.speaker].expand(len(own), -1)], dim=1)
            for own, sentence in zip(ragged.split(mixed), sentences, strict=True)
        ]
