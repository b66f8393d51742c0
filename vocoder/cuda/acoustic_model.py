"""The acoustic model on a GPU: the sentences of all threads that ask, computed together.

Layers are `vocoder.cuda`: a sentence's bytes depend neither on its batch nor on when it was asked
for, on one GPU. What the GPU is given is made ready
by the thread that asks, and what it gives is finished there: so what is wrong with a request is
raised there, before it is among others.

P phonemes, F frames, M mels, C channels, I inputs of the encoder, R rows of all sentences.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vocoder.acoustic.frames import expand
from vocoder.acoustic.melody import Melody
from vocoder.acoustic.model import AcousticModel, ConvBlock, Stack
from vocoder.acoustic.weights import (
    LOG_F0_CENTRE,
    LOG_F0_SCALE,
    LOG_MEL_CENTRE,
    LOG_MEL_SCALE,
    MAX_DURATION_FRAMES,
)
from vocoder.config import POSITIONS
from vocoder.cuda.device import device_for
from vocoder.cuda.dynamic_batcher import DynamicBatcher
from vocoder.cuda.host_embeddings import HostEmbeddings, weights_of
from vocoder.cuda.layers import RowLayer, RowNorm
from vocoder.cuda.ragged_batch import RaggedBatch, to_device
from vocoder.errors import InputError
from vocoder.wavenet.conditions import Conditions

if TYPE_CHECKING:
    from vocoder.text.features import LinguisticFeatures

FloatArray = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]
MAX_BATCH = 64  # sentences of a call, which bounds the memory that it takes


@dataclass(frozen=True, kw_only=True, eq=False)
class EncoderInputs:
    """A sentence as the encoder takes it.

    Attributes:
        inputs: float32 [P, I], embeddings and positions.
        speaker: index.
    """

    inputs: FloatArray
    speaker: int


@dataclass(frozen=True, kw_only=True, eq=False)
class PitchInputs:
    """A sentence whose durations are known.

    Attributes:
        phonemes: of it.
        rows: int64 [F], the phoneme of each frame.
        inside: float32 [F, 2], where in its phoneme each frame lies.
    """

    phonemes: EncoderInputs
    rows: IntArray
    inside: FloatArray


@dataclass(frozen=True, kw_only=True, eq=False)
class DecoderInputs:
    """A sentence whose pitch is known.

    Attributes:
        frames: float32 [F, C + 2] on the GPU, of `CudaAcousticModel.pitches`.
        melody: float32 [F, 2 or 2 + M], `AcousticModel.melody_inputs`.
    """

    frames: Tensor
    melody: FloatArray


class CudaAcousticModel:
    """`AcousticModel.durations` and `AcousticModel.conditions`, to within rounding. Any number of
    threads may call it; they are served together.

    Args:
        model: whose weights are copied.
        device: a CUDA device; "cpu" where Triton interprets, which is for tests.
        most: sentences that are computed together.

    Raises:
        EngineError: a device that Triton has no code for here.
    """

    def __init__(
        self, model: AcousticModel, device: str | torch.device = "cuda", *, most: int = MAX_BATCH
    ) -> None:
        self.config = model.config
        self.device = device_for(device)
        self._model = model
        self._embeddings = HostEmbeddings(model.embeddings)
        self._speakers = to_device(weights_of(model.speaker), self.device)
        self._encoder, self._duration, self._pitch, self._decoder = (
            _CudaStack(stack, self.device)
            for stack in (model.encoder, model.duration, model.pitch, model.decoder)
        )
        self._for_durations = DynamicBatcher(self.log_durations, most=most)
        self._for_pitch = DynamicBatcher(self.pitches, most=most)
        self._for_log_mel = DynamicBatcher(self.log_mels, most=most)

    def durations(self, features: LinguisticFeatures, speaker: int = 0) -> FloatArray:
        """How long each phoneme lasts at normal speed: float32 [P], in frames, at least 0, before
        rounding.

        Raises:
            InputError: the voice has no such speaker.
        """
        predicted = self._for_durations.submit(self.phonemes(features, speaker))
        with np.errstate(over="ignore"):
            return np.clip(np.expm1(predicted), 0, MAX_DURATION_FRAMES)

    def conditions(
        self,
        features: LinguisticFeatures,
        durations: IntArray,
        speaker: int = 0,
        melody: Melody | None = None,
    ) -> Conditions:
        """Everything the vocoder is conditioned on, for every frame of one sentence.

        Args:
            features: of the sentence, P phonemes.
            durations: int64 [P], frames of each.
            speaker: index of the speaker.
            melody: what is done to the predicted pitch, nothing when None; the mel spectrum
                follows, for the decoder is given the pitch.

        Raises:
            InputError: the voice has no such speaker.
        """
        assert durations.shape == (features.num_phonemes,), durations.shape
        categories, positions = expand(features.categories, features.positions, durations)
        rows = np.repeat(np.arange(len(durations)), durations)
        timed = PitchInputs(
            phonemes=self.phonemes(features, speaker),
            rows=rows,
            inside=positions[:, len(POSITIONS) :],
        )
        frames, pitch = self._for_pitch.submit(timed)
        log_f0, voicing = (
            pitch[:, 0] * np.float32(LOG_F0_SCALE) + np.float32(LOG_F0_CENTRE),
            (pitch[:, 1] > 0).astype(np.float32),
        )
        if melody is not None:
            log_f0 = melody.apply(log_f0, voicing, features, durations)
        inputs = self._model.melody_inputs(
            torch.from_numpy(log_f0).unsqueeze(0), torch.from_numpy(voicing).unsqueeze(0)
        )
        log_mel = self._for_log_mel.submit(DecoderInputs(frames=frames, melody=inputs[0].numpy()))
        return Conditions(
            log_mel=log_mel * np.float32(LOG_MEL_SCALE) + np.float32(LOG_MEL_CENTRE),
            log_f0=log_f0,
            voicing=voicing,
            categories=categories,
            positions=positions,
            speaker=speaker,
        )

    def phonemes(self, features: LinguisticFeatures, speaker: int) -> EncoderInputs:
        """A sentence made ready. Raises as `durations`."""
        if not 0 <= speaker < self.config.num_speakers:
            raise InputError(
                f"there is no speaker {speaker}: there are {self.config.num_speakers}",
                field="speaker",
            )
        return EncoderInputs(
            inputs=np.concatenate(
                [self._embeddings(features.categories), features.positions], axis=1
            ),
            speaker=speaker,
        )

    def log_durations(self, sentences: Sequence[EncoderInputs]) -> list[FloatArray]:
        """Log(1 + frames) of each phoneme, float32 [P] for each sentence: they are computed
        together, each as if alone.
        """
        encoded, ragged = self._encode(sentences)
        return [predicted[:, 0] for predicted in _fetched(self._duration(encoded, ragged), ragged)]

    def pitches(self, sentences: Sequence[PitchInputs]) -> list[tuple[Tensor, FloatArray]]:
        """For each sentence its frames as the decoder takes them, float32 [F, C + 2], which stay on
        the GPU, and the network's pitch: float32 [F, 2].

        Computed together, each as if alone. The pitch is the scaled log-F0 and the logit of
        voicing.
        """
        encoded, by_phoneme = self._encode([sentence.phonemes for sentence in sentences])
        ragged = RaggedBatch.of([len(sentence.rows) for sentence in sentences], self.device)
        rows = ragged.joined([sentence.rows for sentence in sentences], shift=by_phoneme.starts)
        inside = ragged.joined([sentence.inside for sentence in sentences])
        frames = torch.cat([encoded.index_select(0, rows), inside], dim=1)
        pitches = _fetched(self._pitch(frames, ragged), ragged)
        # Copies: a view would keep the frames of everyone as long as the slowest needs its own.
        return [
            (own.clone(), pitch) for own, pitch in zip(ragged.split(frames), pitches, strict=True)
        ]

    def log_mels(self, sentences: Sequence[DecoderInputs]) -> list[FloatArray]:
        """The network's log-mel, scaled, float32 [F, M] for each sentence: computed together, each
        as if alone.
        """
        ragged = RaggedBatch.of([len(sentence.melody) for sentence in sentences], self.device)
        joined = torch.zeros((ragged.num_rows, self._decoder.inputs), device=self.device)
        for place, sentence in zip(ragged.split(joined), sentences, strict=True):
            place[:, : sentence.frames.shape[1]] = sentence.frames
        melodies = ragged.joined([sentence.melody for sentence in sentences])
        joined[:, -melodies.shape[1] :] = melodies
        return _fetched(self._decoder(joined, ragged), ragged)

    def _encode(self, sentences: Sequence[EncoderInputs]) -> tuple[Tensor, RaggedBatch]:
        """Float32 [R, C], with the speaker in it."""
        ragged = RaggedBatch.of([len(sentence.inputs) for sentence in sentences], self.device)
        inputs = ragged.joined([sentence.inputs for sentence in sentences])
        speakers = ragged.joined(
            [np.full(len(sentence.inputs), sentence.speaker) for sentence in sentences]
        )
        return self._encoder(
            inputs, ragged, residual=self._speakers.index_select(0, speakers)
        ), ragged


class _CudaStack:
    """`vocoder.acoustic.model.Stack`."""

    def __init__(self, stack: Stack, device: torch.device) -> None:
        blocks = [block for block in stack.blocks if isinstance(block, ConvBlock)]
        assert len(blocks) == len(stack.blocks)
        self._enter = RowLayer(stack.enter, device=device)
        self.inputs = self._enter.inputs
        self._blocks = [
            (
                RowNorm(block.norm, device=device),
                RowLayer(block.conv, activation="gelu", device=device),
                RowLayer(block.mix, device=device),
            )
            for block in blocks
        ]
        self._norm, self._leave = (
            RowNorm(stack.norm, device=device),
            RowLayer(stack.leave, device=device),
        )

    def __call__(self, x: Tensor, ragged: RaggedBatch, residual: Tensor | None = None) -> Tensor:
        """Float32 [R, inputs] to [R, outputs], and `residual` of the same shape added."""
        hidden = self._enter(x, ragged)
        for norm, conv, mix in self._blocks:
            hidden = mix(conv(norm(hidden, ragged), ragged), ragged, residual=hidden)
        return self._leave(self._norm(hidden, ragged), ragged, residual=residual)


def _fetched(rows: Tensor, ragged: RaggedBatch) -> list[FloatArray]:
    """Each sentence's rows on the host: copies, for the same reason."""
    return [own.numpy().copy() for own in ragged.split(rows.cpu())]
