"""What an engine is: the network's weights, made to run; and the work it is given.

An engine owns weights, a stream owns its state. `Engine.advance` moves any set of streams on; which
streams share a call, and how a stream's samples are divided among calls, changes no code of any of
them.

F frames, T samples, L layers, G gate, O output parameters.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from torch import Tensor

from vocoder.config import WaveNetConfig
from vocoder.engine.state import RingLayout, StreamState
from vocoder.errors import EngineError
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.prediction import Predictors

Codes = npt.NDArray[np.int64]
Conditioning = npt.NDArray[np.float32] | Tensor
# What the engines compute in; here, because neither can be imported everywhere.
NATIVE_PRECISIONS = ("fp32", "bf16", "int8")
CUDA_PRECISIONS = ("fp32", "bf16")
CUDA_REFERENCE = "cuda-reference"  # the reference engine on a GPU, where Triton is missing


@dataclass(frozen=True, kw_only=True)
class Job:
    """Samples to be made for one stream.

    Attributes:
        state: the stream's; it is moved on in place.
        conditioning: float32 [F, L, G], what `WaveNet.condition` gives for consecutive frames; or
            what `Engine.resident_conditioning` of the engine gives.
        predictors: of the same frames, what the network's predictions are made with.
        first_frame: the index in the stream of the first of these frames. Sample t of the stream
            uses frame t // hop_length.
        temperatures: float32 [F], at least 0; 0 takes the most probable code.
        num_samples: T, at least 0; all of them must lie within the frames.
    """

    state: StreamState
    conditioning: Conditioning
    predictors: Predictors
    first_frame: int
    temperatures: npt.NDArray[np.float32]
    num_samples: int


class PendingCodes(ABC):
    """Work that has been begun."""

    @abstractmethod
    def finish(self) -> list[Codes]:
        """What `Engine.advance` returns, once it is there; the jobs' states have moved then. To be
        called once.
        """

    @abstractmethod
    def ready(self) -> bool:
        """Whether `finish` would return at once."""


@dataclass(frozen=True)
class ReadyCodes(PendingCodes):
    """Work of an engine that does all of it when it is begun."""

    codes: list[Codes]

    def finish(self) -> list[Codes]:
        """The codes."""
        return self.codes

    def ready(self) -> bool:
        """It is."""
        return True


class Engine(ABC):
    """Generates codes for streams.

    Attributes:
        config: the network's.
        name: "reference", "native", "cuda" or `CUDA_REFERENCE`; precision: "fp32", "bf16" or
            "int8"; isa: the instruction set or device that does the work;
            threads: that the streams of one call are shared out to; overlaps: whether it works on
            what has been begun while its caller does something else.
    """

    config: WaveNetConfig
    name: str
    precision: str
    isa: str
    threads: int = 1
    overlaps: bool = False

    def start(self, seed: int) -> StreamState:
        """The state of a stream before its first sample.

        Raises:
            EngineError: the seed does not fit in 64 bits.
        """
        return self.adopt(StreamState.initial(self.config, seed))

    def adopt(self, state: StreamState) -> StreamState:
        """The state in the form in which this engine moves it on fastest: what an engine that keeps
        states elsewhere than in main memory needs.
        """
        return state

    def resident_conditioning(self, conditions: Conditions) -> Tensor | None:
        """What jobs of this engine may have for a conditioning, [F, ...], where it keeps its own;
        None where it takes what `WaveNet.condition` gives.
        """
        del conditions
        return None

    def prepare(self, most: int) -> None:
        """Finds out how it moves each number of streams on fastest, up to `most`. An engine that
        has several ways tries them on the first calls else.
        """
        del most

    def advance(self, jobs: Sequence[Job]) -> list[Codes]:
        """Makes each job's samples and moves its state on.

        Returns:
            for each job its codes, int64 [num_samples], 0..Q-1.

        Raises:
            EngineError: a job does not fit this engine's network, or two jobs share a state. No
                state has moved then.
        """
        return self.begin(jobs).finish()

    def begin(self, jobs: Sequence[Job]) -> PendingCodes:
        """Begins what `advance` does. An engine that `overlaps` returns at once; another job for
        one of the states must wait until this is finished.

        Raises:
            EngineError: as `advance`.
        """
        self._check(jobs)
        return self._begin(jobs)

    def logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        """The same work under teacher forcing: the network's outputs where the stream goes on with
        given codes.

        Args:
            job: as for `advance`; its state moves on, its temperatures are not used.
            codes: int64 [num_samples], 0..Q-1.

        Returns:
            float32 [num_samples, O]; row t depends on the state and on the codes before t.

        Raises:
            EngineError: the job or the codes do not fit this engine's network.
        """
        self._check([job])
        if codes.shape != (job.num_samples,) or not np.issubdtype(codes.dtype, np.integer):
            raise EngineError(
                f"codes must be integers of shape ({job.num_samples},), not {codes.dtype} of "
                f"{codes.shape}"
            )
        if codes.size and not 0 <= codes.min() <= codes.max() < self.config.quantisation_levels:
            raise EngineError(
                f"codes must lie in 0..{self.config.quantisation_levels - 1}, not "
                f"{codes.min()}..{codes.max()}"
            )
        return self._logits(job, codes.astype(np.int64))

    def _begin(self, jobs: Sequence[Job]) -> PendingCodes:
        return ReadyCodes(self._advance(jobs))

    @abstractmethod
    def _advance(self, jobs: Sequence[Job]) -> list[Codes]:
        """`advance` for jobs that have been checked."""

    @abstractmethod
    def _logits(self, job: Job, codes: Codes) -> npt.NDArray[np.float32]:
        """`logits` for a job and codes that have been checked."""

    def _check(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            check_job(self.config, job)
            self._check_conditioning(job.conditioning)
            self._check_rings(job.state)
        if len({id(job.state) for job in jobs}) < len(jobs):
            raise EngineError("two jobs of one call share a stream state")

    def _check_conditioning(self, conditioning: Conditioning) -> None:
        """Refuses what is another engine's."""
        if isinstance(conditioning, Tensor):
            raise EngineError(
                f"conditioning must be an array for the {self.name} engine, not a tensor on "
                f"{conditioning.device}"
            )

    def _check_rings(self, state: StreamState) -> None:
        check_rings(self.config, state)


def check_rings(config: WaveNetConfig, state: StreamState) -> None:
    """Refuses rings that do not fit a network.

    Raises:
        EngineError: naming what was found and what is needed.
    """
    size = RingLayout.of(config).size
    if (
        state.rings.shape != (size,)
        or state.rings.dtype != np.float32
        or not state.rings.flags.c_contiguous
    ):
        raise EngineError(
            f"rings must be contiguous float32 ({size},), not {state.rings.dtype} "
            f"{state.rings.shape}"
        )


def check_job(config: WaveNetConfig, job: Job) -> None:
    """Refuses a job that does not fit a network.

    Raises:
        EngineError: naming what was found and what is needed.
    """
    state = job.state
    if state.config != config:
        raise EngineError(
            f"the stream state belongs to a network of another config: {state.config} where the "
            f"engine has {config}"
        )
    history = state.history
    if (
        history.shape != (config.history_length,)
        or history.dtype != np.int32
        or not history.flags.c_contiguous
    ):
        raise EngineError(
            f"history must be contiguous int32 ({config.history_length},), not {history.dtype} "
            f"{history.shape}"
        )
    if not 0 <= history.min() <= history.max() < config.quantisation_levels:
        raise EngineError(
            f"codes of the history must lie in 0..{config.quantisation_levels - 1}, not "
            f"{history.min()}..{history.max()}"
        )
    added = job.conditioning
    shape = tuple(added.shape)
    # What an engine keeps itself, it checks itself.
    if isinstance(added, np.ndarray) and (
        len(shape) != 3
        or shape[1:] != (config.num_layers, config.gate_channels)
        or added.dtype != np.float32
    ):
        raise EngineError(
            f"conditioning must be float32 (frames, {config.num_layers}, "
            f"{config.gate_channels}), not {added.dtype} {shape}"
        )
    if job.temperatures.shape != shape[:1] or job.temperatures.dtype != np.float32:
        raise EngineError(
            f"temperatures must be float32 ({shape[0]},), not {job.temperatures.dtype} "
            f"{job.temperatures.shape}"
        )
    coefficients, lags = job.predictors.coefficients, job.predictors.lags
    if (
        coefficients.shape != (shape[0], config.prediction_order)
        or coefficients.dtype != np.float32
    ):
        raise EngineError(
            f"coefficients must be float32 ({shape[0]}, {config.prediction_order}), not "
            f"{coefficients.dtype} {coefficients.shape}"
        )
    if lags.shape != shape[:1] or lags.dtype != np.int32:
        raise EngineError(f"lags must be int32 ({shape[0]},), not {lags.dtype} {lags.shape}")
    if job.num_samples < 0 or state.position < 0:
        raise EngineError(
            f"num_samples and position must not be negative: {job.num_samples}, {state.position}"
        )
    if job.num_samples == 0:
        return
    first = state.position // config.hop_length - job.first_frame
    last = (state.position + job.num_samples - 1) // config.hop_length - job.first_frame
    if first < 0 or last >= shape[0]:
        raise EngineError(
            f"samples {state.position}..{state.position + job.num_samples - 1} need frames "
            f"{first + job.first_frame}..{last + job.first_frame}, "
            f"the job has {job.first_frame}..{job.first_frame + shape[0] - 1}"
        )
    if isinstance(added, np.ndarray) and not np.isfinite(added[first : last + 1]).all():
        raise EngineError("conditioning has values that are not finite numbers")
    if not np.isfinite(coefficients[first : last + 1]).all():
        raise EngineError("coefficients has values that are not finite numbers")
    if (
        config.max_lag > 0
        and not 1 <= lags[first : last + 1].min() <= lags[first : last + 1].max() <= config.max_lag
    ):
        raise EngineError(f"lags must lie in 1..{config.max_lag}, not {lags.min()}..{lags.max()}")
    temperatures = job.temperatures[first : last + 1]
    if not (np.isfinite(temperatures) & (temperatures >= 0)).all():
        raise EngineError(
            f"temperatures must be finite and at least 0, not "
            f"{temperatures.min()}..{temperatures.max()}"
        )
