"""`CudaEngine`: jobs to arrays, arrays to a kernel, codes back.

B streams, F frames, T samples, L layers, G gate, O output parameters.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vocoder.cuda.conditioning import CudaConditioning
from vocoder.cuda.device import INTERPRETED, LAUNCH_LOCK
from vocoder.cuda.kernel_shapes import KernelChooser, shapes_for
from vocoder.cuda.packed_weights import BLOCK, PackedWeights
from vocoder.cuda.ring_slots import ResidentState, RingSlots
from vocoder.cuda.transfer import TransferLane, TransferLanes
from vocoder.engine.base import (
    CUDA_PRECISIONS,
    Codes,
    Conditioning,
    Engine,
    Job,
    PendingCodes,
    check_rings,
)
from vocoder.engine.state import RingLayout, StreamState
from vocoder.engine.weights import EngineWeights
from vocoder.errors import EngineError
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.distributions import MIN_LOG_SCALE
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.predictors import Predictors

PRECISIONS = CUDA_PRECISIONS


class CudaEngine(Engine):
    """Generation on a GPU. Any number of threads may call it.

    Args:
        network: whose weights are copied.
        device: a CUDA device; "cpu" where Triton interprets (`TRITON_INTERPRET=1`), which is for
            tests: it is slow.
        precision: one of `PRECISIONS`.
        shape: of the kernel (`vocoder.cuda.kernel_shapes`): "whole" for many streams, "chain" for
            few, or "auto" for whichever is faster here.

    Raises:
        EngineError: an unknown precision or shape, a device that Triton has no code for here, a
            card that is too small for the network, or a weight that is not a finite number.
    """

    name = "cuda"
    overlaps = True

    def __init__(
        self,
        network: WaveNet,
        *,
        device: str = "cuda",
        precision: str = "bf16",
        shape: str = "auto",
    ) -> None:
        if precision not in PRECISIONS:
            raise EngineError(f"unknown precision {precision!r}: there are {', '.join(PRECISIONS)}")
        self.config = config = network.config
        self.device = torch.device(device)
        if (self.device.type == "cuda") == INTERPRETED:
            raise EngineError(
                f"the cuda engine does not run on {device!r}"
                + (" where Triton interprets" if INTERPRETED else "")
            )
        self.precision = precision
        self.isa = "interpreter" if INTERPRETED else torch.cuda.get_device_name(self.device)
        dtype = torch.float32 if precision == "fp32" else torch.bfloat16
        self._weights = PackedWeights.of(
            EngineWeights.of(network), config, network.quantiser, dtype=dtype, device=self.device
        )
        self._lanes = TransferLanes(self.device)
        self._values = self._put(network.quantiser.values.astype(np.float64))
        self._edges = self._put(network.quantiser.edges)
        self._dilations = self._put(np.array(config.dilations, np.int32))
        self._ring_offsets = self._put(np.array(RingLayout.of(config).offsets, np.int32))
        # samples after which every ring is where it was
        self._ring_period = math.lcm(*RingLayout.of(config).rows)
        self._conditioning = CudaConditioning(network, self.device)
        self.slots = RingSlots(config, dtype=dtype, device=self.device, settle=self._lanes.settle)
        self._shapes = shapes_for(
            config, shape, precision=precision, device=self.device, interpreted=INTERPRETED
        )
        self._choice = KernelChooser(self.shapes)
        self._moving: set[int] = set()  # states, by identity, of calls that have not been finished
        self._lock = threading.Lock()  # of `_moving` and `_choice`
        if not INTERPRETED:  # what does not fit shows now, and nobody waits for a compiler later
            self._warm_up()

    @property
    def shapes(self) -> tuple[str, ...]:
        """Those that serve here."""
        return tuple(self._shapes)

    def _warm_up(self) -> None:
        """Compiles every shape. One that does not fit is given up where there is another."""
        nothing = self._trial(0)
        for name in list(self._shapes):
            try:
                for forced in (False, True):
                    arguments, _, _ = self._arguments(
                        [nothing], [nothing.state], np.zeros((1, 0), np.int32), forced=forced
                    )
                    self._shapes[name].launch(1, 0, arguments, forced=forced)
            except EngineError:
                if len(self._shapes) == 1:
                    raise
                del self._shapes[name]
        self._choice = KernelChooser(self.shapes)

    def prepare(self, most: int) -> None:
        """As `Engine.prepare`: each shape makes a frame of as many streams that nobody hears.
        Interpreted, nobody has a clock, and nothing is tried.
        """
        groups = 1
        while not INTERPRETED and (groups - 1) * BLOCK < most:
            for _ in range(self._choice.untried(groups)):
                self.advance(
                    [self._trial(self.config.hop_length) for _ in range(min(groups * BLOCK, most))]
                )
            groups *= 2

    def _trial(self, num_samples: int) -> Job:
        """A stream's first samples, of its first frame at most, of no sound in particular."""
        return Job(
            state=self.start(0),
            conditioning=np.zeros(
                (1, self.config.num_layers, self.config.gate_channels), np.float32
            ),
            predictors=Predictors(
                coefficients=np.zeros((1, self.config.prediction_order), np.float32),
                lags=np.ones(1, np.int32),
            ),
            first_frame=0,
            temperatures=np.ones(1, np.float32),
            num_samples=num_samples,
        )

    def _put(self, array: npt.NDArray[Any]) -> Tensor:
        return self._lanes.upload(array)

    def adopt(self, state: StreamState) -> StreamState:
        """The state with its rings on the GPU, as `start` gives it: a copy, but for a state that
        is there already.
        """
        if self._resident(state):
            return state
        check_rings(self.config, state)
        return ResidentState(state, self.slots)

    def resident_conditioning(self, conditions: Conditions) -> Tensor | None:
        """What the last product of the conditioning network takes, float32 [F, H] on the GPU: that
        product is done for the frames of a call.

        Raises:
            InputError: the voice has no such speaker.
        """
        return self._conditioning.hidden(conditions)

    def _check_conditioning(self, conditioning: Conditioning) -> None:
        if not isinstance(conditioning, Tensor):
            return
        kind = (conditioning.dtype, conditioning.device.type, conditioning.shape[1:])
        if kind != (torch.float32, self.device.type, (self._conditioning.width,)):
            raise EngineError(
                f"resident conditioning must be float32 (frames, {self._conditioning.width}) on "
                f"{self.device.type}, not {kind}"
            )

    def _resident(self, state: StreamState) -> bool:
        return isinstance(state, ResidentState) and state.slots is self.slots

    def _check_rings(self, state: StreamState) -> None:
        # those that are have been checked, and would have to be fetched
        if not self._resident(state):
            check_rings(self.config, state)

    def _begin(self, jobs: Sequence[Job]) -> PendingCodes:
        return self._launch(jobs, forced=None)

    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        return self._launch(jobs, forced=None).finish()

    def _logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        begun = self._launch([job], forced=codes)
        begun.finish()
        return begun.outputs[0].numpy()

    @torch.inference_mode()
    def _launch(self, jobs: Sequence[Job], *, forced: Codes | None) -> _PendingCall:
        """Begins; where codes are forced, outputs [1, T, O] are kept."""
        longest = max((job.num_samples for job in jobs), default=0)
        codes = (
            np.zeros((len(jobs), longest), np.int32)
            if forced is None
            else forced.astype(np.int32)[np.newaxis]
        )
        shape = self._claim(jobs)
        try:
            states = [self.adopt(job.state) for job in jobs]
            with self.slots.lock, self._lanes.next() as lane:
                if longest == 0:
                    made, outputs = (
                        torch.from_numpy(codes),
                        torch.zeros(1, 0, self.config.output_channels),
                    )
                else:
                    arguments, made, outputs = self._arguments(
                        jobs, states, codes, forced=forced is not None
                    )
                    with LAUNCH_LOCK, lane.timed(self._shapes[shape].together(len(jobs))):
                        self._shapes[shape].launch(
                            len(jobs), longest, arguments, forced=forced is not None
                        )
                return _PendingCall(
                    self, jobs, states, shape, lane, lane.download(made), lane.download(outputs)
                )
        except BaseException:
            self._release(jobs)
            raise

    def _claim(self, jobs: Sequence[Job]) -> str:
        """Marks the jobs' states as moving, and chooses a shape."""
        states = {id(job.state) for job in jobs}
        with self._lock:
            if self._moving & states:
                raise EngineError(
                    "a job's state is being moved on by a call that has not been finished"
                )
            self._moving |= states
            return self._choice.pick(_groups(jobs))

    def _release(self, jobs: Sequence[Job]) -> None:
        with self._lock:
            self._moving -= {id(job.state) for job in jobs}

    def _took(self, shape: str, jobs: Sequence[Job], seconds: float) -> None:
        with self._lock:
            self._choice.took(shape, _groups(jobs), seconds / max(job.num_samples for job in jobs))

    def _arguments(
        self,
        jobs: Sequence[Job],
        states: Sequence[StreamState],
        codes: npt.NDArray[np.int32],
        *,
        forced: bool,
    ) -> tuple[tuple[object, ...], Tensor, Tensor]:
        """All that the kernels of both shapes are given, the codes [B, T] and the outputs [B, T, O]
        that they write.
        """
        frames = [self._frames(job) for job in jobs]
        ends = np.cumsum([frame.stop - frame.start for frame in frames])
        starts = np.concatenate([[0], ends[:-1]])
        first_rows = [
            start - job.first_frame - frame.start
            for start, job, frame in zip(starts, jobs, frames, strict=True)
        ]
        made = self._put(codes)
        outputs = torch.zeros(
            (*(codes.shape if forced else (0, 0)), self.config.output_channels), device=self.device
        )
        weights = self._weights

        def framed(arrays: Iterable[npt.NDArray[Any]]) -> Tensor:
            return self._put(
                np.concatenate([array[frame] for array, frame in zip(arrays, frames, strict=True)])
            )

        arguments = (
            self._put(np.array([state.slot for state in states if isinstance(state, ResidentState)],
            np.int64)),
            self._put(np.array([state.position for state in states], np.int64)),
            self._put(np.array([state.position % self._ring_period for state in states], np.int32)),
            self._put(np.array([state.seed for state in states], np.uint64).view(np.int64)),
            self._put(np.array([job.num_samples for job in jobs], np.int32)),
            self._put(np.array(first_rows, np.int64)),
            self.slots.rings,
            self._put(np.stack([state.history for state in states])),
            self._added([job.conditioning for job in jobs], frames),
            framed(job.predictors.coefficients for job in jobs),
            framed(job.predictors.lags for job in jobs),
            framed(job.temperatures for job in jobs),
            weights.inputs, weights.taps, weights.residual, weights.residual_bias, weights.skip,
            weights.skip_bias, weights.head1, weights.head1_bias,
            weights.head2, weights.head2_bias, self._values, self._edges, self._dilations,
            self._ring_offsets, MIN_LOG_SCALE, made, outputs,
        )  # fmt: skip
        return arguments, made, outputs

    def _added(self, conditioning: Sequence[Conditioning], frames: Sequence[slice]) -> Tensor:
        """What is added inside the gates, float32 [F, L, G] for the frames of all jobs, one after
        the other; a frame's is the same in any batch.
        """
        shape = (-1, self.config.num_layers, self.config.gate_channels)
        kept = [
            one[frame]
            for one, frame in zip(conditioning, frames, strict=True)
            if isinstance(one, Tensor)
        ]
        given = [
            one[frame]
            for one, frame in zip(conditioning, frames, strict=True)
            if isinstance(one, np.ndarray)
        ]
        projected = self._conditioning.project(torch.cat(kept)).view(shape) if kept else None
        uploaded = self._put(np.concatenate(given)) if given else None
        if projected is None or uploaded is None:
            found = uploaded if projected is None else projected
            assert found is not None
            return found
        rows = {
            True: iter(torch.split(projected, [len(one) for one in kept])),
            False: iter(torch.split(uploaded, [len(one) for one in given])),
        }
        return torch.cat([next(rows[isinstance(one, Tensor)]) for one in conditioning])

    def _frames(self, job: Job) -> slice:
        """Of the job's frames those that its samples use."""
        if job.num_samples == 0:
            return slice(0, 0)
        hop, position = self.config.hop_length, job.state.position
        return slice(
            position // hop - job.first_frame,
            (position + job.num_samples - 1) // hop - job.first_frame + 1,
        )


def _groups(jobs: Sequence[Job]) -> int:
    return max(1, -(-len(jobs) // BLOCK))


class _PendingCall(PendingCodes):
    """Work on its way: all that must not be freed until it is there."""

    def __init__(
        self,
        engine: CudaEngine,
        jobs: Sequence[Job],
        states: Sequence[StreamState],
        shape: str,
        lane: TransferLane,
        codes: Tensor,
        outputs: Tensor,
    ) -> None:
        self._engine, self._jobs, self._states = engine, jobs, states
        self._shape, self._lane, self._codes = shape, lane, codes
        self.outputs = outputs

    def ready(self) -> bool:
        """Whether nothing is left to wait for."""
        return self._lane.ready()

    def finish(self) -> list[Codes]:
        """Waits, and moves the jobs' states on."""
        try:
            seconds = self._lane.wait()
            made = [
                row[: job.num_samples].astype(np.int64)
                for row, job in zip(self._codes.numpy(), self._jobs, strict=True)
            ]
            for job, state, codes in zip(self._jobs, self._states, made, strict=True):
                job.state.append(codes)
                # it is another engine's, or was read from bytes: its rings come back at once
                if state is not job.state:
                    job.state.put_rings(state.rings)
        finally:
            self._engine._release(self._jobs)
        if seconds is not None and self._codes.numel():
            self._engine._took(self._shape, self._jobs, seconds)
        return made
