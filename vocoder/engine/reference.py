"""The reference engine: cached-queue generation in torch, written to be read; the other engines are
compared with it.

One sample at a time, one stream at a time, on any torch device. A stream is computed by itself even
where others share the call:
products over a batch may be summed in another order, and batching must not change a byte.

L layers, K taps, R residual, G gate, F frames, T samples, O output parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from vocoder.engine.base import CUDA_REFERENCE, Codes, Engine, Job
from vocoder.engine.philox import uniforms
from vocoder.engine.sampling import draw
from vocoder.engine.state import RingLayout
from vocoder.engine.weights import EngineWeights
from vocoder.torch_threads import one_torch_thread
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.predictors import predict_next
from vocoder.wavenet.weights import WaveNetWeights


class ReferenceEngine(Engine):
    """Generation with plain torch operations. Its name is "reference", or "cuda-reference" on a
    GPU.

    Args:
        network: whose weights are copied.
        device: where to compute; the state of a stream stays in main memory between calls.
    """

    precision = "fp32"

    def __init__(
        self, network: WaveNet | WaveNetWeights, *, device: str | torch.device = "cpu"
    ) -> None:
        self.config = network.config
        self.device = torch.device(device)
        self.name = CUDA_REFERENCE if self.device.type == "cuda" else "reference"
        self.isa = self.device.type
        self._quantiser = network.quantiser
        weights = EngineWeights.of(network)
        self.inputs = self._tensor(weights.inputs)
        self.taps = self._tensor(weights.taps)
        self.residual = self._tensor(weights.residual)
        self.residual_bias = self._tensor(weights.residual_bias)
        self.skip, self.skip_bias = self._tensor(weights.skip), self._tensor(weights.skip_bias)
        self.head1, self.head1_bias = self._tensor(weights.head1), self._tensor(weights.head1_bias)
        self.head2, self.head2_bias = self._tensor(weights.head2), self._tensor(weights.head2_bias)

    def _tensor(self, array: npt.NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(array).to(self.device)

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        return [self._generate(job, forced=None)[0] for job in jobs]

    def _logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        return self._generate(job, forced=codes)[1]

    @torch.inference_mode()
    def _generate(self, job: Job, *, forced: Codes | None) -> tuple[Codes, npt.NDArray[np.float32]]:
        """The job's codes int64 [T] and outputs float32 [T, O]; codes are drawn unless they are
        `forced`.
        """
        state, config = job.state, self.config
        rings = self._rings(job)
        conditioning = torch.from_numpy(job.conditioning).to(self.device)
        codes = np.zeros(job.num_samples, np.int64)
        outputs = np.zeros((job.num_samples, config.output_channels), np.float32)
        # of each sample, the history_length codes before it
        past = np.concatenate([state.past()[::-1], codes])
        random = uniforms(state.seed, state.position, job.num_samples)
        with one_torch_thread():
            for index in range(job.num_samples):
                frame = (state.position + index) // config.hop_length - job.first_frame
                predicted = predict_next(
                    config,
                    self._quantiser,
                    past[index : index + config.history_length][::-1],
                    *job.predictors.at(frame),
                )
                known = np.concatenate([past[index + config.history_length - 1 :][:1], predicted])
                outputs[index] = (
                    self._step(rings, state.position + index, known, conditioning[frame])
                    .cpu()
                    .numpy()
                )
                if forced is None:
                    row = slice(index, index + 1)
                    codes[index] = draw(
                        config, outputs[row], job.temperatures[frame : frame + 1], random[row]
                    )[0]
                else:
                    codes[index] = forced[index]
                past[index + config.history_length] = codes[index]
        state.rings[:] = torch.cat([ring.flatten() for ring in rings]).cpu().numpy()
        state.append(codes)
        return codes, outputs

    def _rings(self, job: Job) -> list[Tensor]:
        """A copy of the state's rings on the device, each [(K-1) d, R]."""
        layout = RingLayout.of(self.config)
        flat = torch.from_numpy(job.state.rings.copy()).to(self.device)
        return [
            flat[offset : offset + rows * layout.width].view(rows, layout.width)
            for offset, rows in zip(layout.offsets, layout.rows, strict=True)
        ]

    def _step(
        self, rings: list[Tensor], position: int, known: npt.NDArray[np.int64], conditioning: Tensor
    ) -> Tensor:
        """One sample: the previous and the predicted codes [1 + H] and conditioning [L, G] to
        outputs [O]; writes each block's input into its ring.
        """
        x = self.inputs[torch.arange(len(known)), torch.from_numpy(known)].sum(0)
        gates = []
        for layer, (ring, dilation) in enumerate(zip(rings, self.config.dilations, strict=True)):
            row = position % len(ring)
            # The row of time t still holds time t - (K-1) d, the oldest tap; later taps follow d
            # rows apart.
            older = [
                ring[(row + tap * dilation) % len(ring)]
                for tap in range(self.config.kernel_size - 1)
            ]
            pre = torch.cat([*older, x]) @ self.taps[layer] + conditioning[layer]
            ring[row] = x
            filtered, gate = pre.chunk(2)
            gated = torch.tanh(filtered) * torch.sigmoid(gate)
            gates.append(gated)
            if layer < len(rings) - 1:
                x = x + gated @ self.residual[layer] + self.residual_bias[layer]
        skips = torch.cat(gates) @ self.skip + self.skip_bias
        hidden = functional.relu(skips) @ self.head1 + self.head1_bias
        return functional.relu(hidden) @ self.head2 + self.head2_bias
