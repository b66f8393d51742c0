"""Every engine that runs here, and work for them."""

from __future__ import annotations

import importlib.util

import numpy as np

from tests.wavenet.networks import conditioning, predictors
from vocoder.config import WaveNetConfig
from vocoder.engine import Engine, Job, StreamState, make_engine
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.prediction import Predictors

NATIVE_BUILT = importlib.util.find_spec("vocoder.engine._native") is not None


def native_engines() -> list[str]:
    """The native engine for each instruction set that this processor runs, as `engine_named` takes them; none where it was not built."""
    if not NATIVE_BUILT:
        return []
    from vocoder.engine.native import available_isas

    return [f"native-{isa}" for isa in available_isas()]


ENGINES = ["reference", *native_engines()]


def engine_named(name: str, network: WaveNet) -> Engine:
    """One of `ENGINES`."""
    kind, _, isa = name.partition("-")
    return make_engine(network, kind, isa=isa or "auto")


def job_for(state: StreamState, num_samples: int, *, frames: int = 0, seed: int | None = None, temperature: float = 1.0) -> Job:
    """The stream's next samples under conditioning that depends on the stream's seed (or another one) and on the frame only.

    The job carries `frames` frames, or just those that it needs, and they begin where the samples do.
    """
    config = state.config
    first = state.position // config.hop_length
    needed = (state.position + max(num_samples, 1) - 1) // config.hop_length + 1
    added = whole_conditioning(config, state.seed if seed is None else seed, max(needed, first + frames))[first:]
    predicted = whole_predictors(config, state.seed if seed is None else seed, first + len(added))
    return Job(
        state=state, conditioning=added, predictors=frames_from(predicted, first), first_frame=first,
        temperatures=np.full(len(added), temperature, np.float32), num_samples=num_samples,
    )  # fmt: skip


def whole_conditioning(config: WaveNetConfig, seed: int, frames: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A stream's conditioning from its first frame on: each frame the same, however many there are."""
    return np.concatenate([conditioning(config, 1, seed=seed * 1000 + frame) for frame in range(frames)])


def whole_predictors(config: WaveNetConfig, seed: int, frames: int) -> Predictors:
    """The same for a stream's predictors."""
    found = [predictors(config, 1, seed=seed * 1000 + frame) for frame in range(frames)]
    return Predictors(coefficients=np.concatenate([one.coefficients for one in found]), lags=np.concatenate([one.lags for one in found]))


def frames_from(predicted: Predictors, first: int) -> Predictors:
    """Those from frame `first` on."""
    return Predictors(coefficients=predicted.coefficients[first:], lags=predicted.lags[first:])
