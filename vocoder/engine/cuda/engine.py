"""`CudaEngine`: jobs to arrays, arrays to the kernel, codes back.

B streams, F frames, T samples, L layers, G gate, O output parameters.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from triton.runtime.errors import OutOfResources

from vocoder.engine.base import CUDA_PRECISIONS, Codes, Engine, Job, check_rings
from vocoder.engine.cuda.kernel import advance
from vocoder.engine.cuda.packing import BLOCK, PackedWeights, kernel_sizes
from vocoder.engine.cuda.slots import ResidentState, Slots
from vocoder.engine.state import RingLayout, StreamState
from vocoder.engine.weights import EngineWeights
from vocoder.errors import EngineError
from vocoder.wavenet.distributions import MIN_LOG_SCALE
from vocoder.wavenet.network import WaveNet

PRECISIONS = CUDA_PRECISIONS
WARPS = 8
# How many blocks' weights are on their way at once, less one. What a card has no room for is tried with fewer: the sums stay the same.
STAGES = {"fp32": 2, "bf16": 3}
INTERPRETED = os.environ.get("TRITON_INTERPRET") == "1"


class CudaEngine(Engine):
    """Generation on a GPU. Any number of threads may call it; one is served at a time.

    Args:
        network: whose weights are copied.
        device: a CUDA device; "cpu" where Triton interprets (`TRITON_INTERPRET=1`), which is for tests: it is slow.
        precision: one of `PRECISIONS`.

    Raises:
        EngineError: an unknown precision, a device that Triton has no code for here, or a weight that is not a finite number.
    """

    name = "cuda"

    def __init__(self, network: WaveNet, *, device: str = "cuda", precision: str = "bf16") -> None:
        if precision not in PRECISIONS:
            raise EngineError(f"unknown precision {precision!r}: there are {', '.join(PRECISIONS)}")
        self.config = config = network.config
        self.device = torch.device(device)
        if (self.device.type == "cuda") == INTERPRETED:
            raise EngineError(f"the cuda engine does not run on {device!r}" + (" where Triton interprets" if INTERPRETED else ""))
        self.precision = precision
        self.isa = "interpreter" if INTERPRETED else torch.cuda.get_device_name(self.device)
        dtype = torch.float32 if precision == "fp32" else torch.bfloat16
        self._weights = PackedWeights.of(EngineWeights.of(network), config, dtype=dtype, device=self.device)
        self._values = self._put(network.quantiser.values.astype(np.float64))
        self._edges = self._put(network.quantiser.edges)
        self._dilations = self._put(np.array(config.dilations, np.int32))
        self._ring_offsets = self._put(np.array(RingLayout.of(config).offsets, np.int32))
        self.slots = Slots(config, dtype=dtype, device=self.device)
        self._sizes = kernel_sizes(config, exact=precision == "fp32", interpreted=INTERPRETED)
        self._stages = STAGES[precision]

    def _put(self, array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.device)

    def adopt(self, state: StreamState) -> StreamState:
        """The state with its rings on the card, as `start` gives it: a copy, but for a state that is there already."""
        if self._resident(state):
            return state
        check_rings(self.config, state)
        return ResidentState(state, self.slots)

    def _resident(self, state: StreamState) -> bool:
        return isinstance(state, ResidentState) and state.slots is self.slots

    def _check_rings(self, state: StreamState) -> None:
        if not self._resident(state):  # those that are have been checked, and would have to be fetched
            check_rings(self.config, state)

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        made, _ = self._run(jobs, forced=None)
        return made

    def _logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        return self._run([job], forced=codes)[1]

    def _run(self, jobs: Sequence[Job], *, forced: Codes | None) -> tuple[list[Codes], npt.NDArray[np.float32]]:
        with self.slots.lock:
            return self._launch(jobs, forced=forced)

    @torch.inference_mode()
    def _launch(self, jobs: Sequence[Job], *, forced: Codes | None) -> tuple[list[Codes], npt.NDArray[np.float32]]:
        """Codes of every job; outputs [T, O] of the first where codes are forced."""
        longest = max((job.num_samples for job in jobs), default=0)
        outputs = torch.zeros((longest if forced is not None else 0, self.config.output_channels), device=self.device)
        if longest == 0:
            return [np.zeros(0, np.int64) for _ in jobs], outputs.cpu().numpy()
        states = [self.adopt(job.state) for job in jobs]
        frames = [self._frames(job) for job in jobs]
        ends = np.cumsum([frame.stop - frame.start for frame in frames])
        starts = np.concatenate([[0], ends[:-1]])
        first_rows = [start - job.first_frame - frame.start for start, job, frame in zip(starts, jobs, frames, strict=True)]
        codes = np.zeros((len(jobs), longest), np.int32) if forced is None else forced.astype(np.int32)[np.newaxis]
        on_card = self._put(codes)
        weights = self._weights
        self._start_kernel(
            -(-len(jobs) // BLOCK),
            self._put(np.array([state.slot for state in states if isinstance(state, ResidentState)], np.int64)),
            self._put(np.array([state.position for state in states], np.int64)),
            self._put(np.array([state.seed for state in states], np.uint64).view(np.int64)),
            self._put(np.array([job.num_samples for job in jobs], np.int32)),
            self._put(np.array(first_rows, np.int64)),
            self.slots.rings,
            self._put(np.stack([state.history for state in states])),
            self._put(np.concatenate([job.conditioning[frame] for job, frame in zip(jobs, frames, strict=True)])),
            self._put(np.concatenate([job.predictors.coefficients[frame] for job, frame in zip(jobs, frames, strict=True)])),
            self._put(np.concatenate([job.predictors.lags[frame] for job, frame in zip(jobs, frames, strict=True)])),
            self._put(np.concatenate([job.temperatures[frame] for job, frame in zip(jobs, frames, strict=True)])),
            weights.inputs, weights.taps, weights.residual, weights.residual_bias, weights.skip, weights.skip_bias, weights.head1, weights.head1_bias,
            weights.head2, weights.head2_bias, self._values, self._edges, self._dilations, self._ring_offsets, MIN_LOG_SCALE,
            on_card, outputs, len(jobs), longest, FORCED=forced is not None,
        )  # fmt: skip
        codes = on_card.cpu().numpy()
        made = [codes[index, : job.num_samples].astype(np.int64) for index, job in enumerate(jobs)]
        for job, state, some in zip(jobs, states, made, strict=True):
            job.state.append(some)
            if state is not job.state:  # it is another engine's, or was read from bytes: its rings come back at once
                job.state.rings[:] = state.rings
        return made, outputs.cpu().numpy()

    def _start_kernel(self, programs: int, *arguments: object, **constants: object) -> None:
        while True:
            try:
                advance[(programs,)](*arguments, **constants, **self._sizes, num_warps=WARPS, num_stages=self._stages)
                return
            except OutOfResources as error:
                if self._stages == 1:
                    raise EngineError(f"this network does not fit on {self.isa}: {error}") from error
                self._stages -= 1

    def _frames(self, job: Job) -> slice:
        """Of the job's frames those that its samples use."""
        if job.num_samples == 0:
            return slice(0, 0)
        hop, position = self.config.hop_length, job.state.position
        return slice(position // hop - job.first_frame, (position + job.num_samples - 1) // hop - job.first_frame + 1)
