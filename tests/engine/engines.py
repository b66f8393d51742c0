"""Every engine that runs here, and work for them."""

from __future__ import annotations

import importlib.util

import numpy as np

from tests.wavenet.networks import conditioning, predictors
from vocoder.config import WaveNetConfig
from vocoder.engine import Engine, Job, StreamState, make_engine
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.predictors import Predictors

NATIVE_BUILT = importlib.util.find_spec("vocoder._native") is not None


def native_engines() -> list[str]:
    """The native engine for each instruction set that this processor runs and each precision, as
    `engine_named` takes them; none where it was not built.
    """
    if not NATIVE_BUILT:
        return []
    from vocoder.compiled import available_isas
    from vocoder.engine.native import PRECISIONS

    return [f"native-{isa}-{precision}" for isa in available_isas() for precision in PRECISIONS]


ENGINES = ["reference", *native_engines()]
EXACT = [name for name in ENGINES if name == "reference" or name.endswith("fp32")]

# see native/pairs.h
PAIRED = [
    isa
    for isa in dict.fromkeys(name.split("-")[1] for name in native_engines())
    if isa.startswith("avx512bf16")
]


def tolerance(name: str) -> float:
    """How far an engine's outputs may be from the parallel network's, on the loud networks of these
    tests, whose outputs are of order one to ten.
    """
    return {"bf16": 0.1, "int8": 0.6}.get(name.rpartition("-")[2], 1e-4)


def engine_named(name: str, network: WaveNet) -> Engine:
    """One of `ENGINES`."""
    if name == "reference":
        return make_engine(network, name)
    kind, isa, precision = name.split("-")
    return make_engine(network, kind, isa=isa, precision=precision)


def job_for(
    state: StreamState,
    num_samples: int,
    *,
    frames: int = 0,
    seed: int | None = None,
    temperature: float = 1.0,
) -> Job:
    """The stream's next samples under conditioning that depends on the stream's seed (or another
    one) and on the frame only.

    The job carries `frames` frames, or just those that it needs, and they begin where the samples
    do.
    """
    config = state.config
    first = state.position // config.hop_length
    needed = (state.position + max(num_samples, 1) - 1) // config.hop_length + 1
    added = whole_conditioning(
        config, state.seed if seed is None else seed, max(needed, first + frames)
    )[first:]
    predicted = whole_predictors(config, state.seed if seed is None else seed, first + len(added))
    return Job(
        state=state, conditioning=added, predictors=frames_from(predicted, first),
        first_frame=first,
        temperatures=np.full(len(added), temperature, np.float32), num_samples=num_samples,
    )  # fmt: skip


def whole_conditioning(
    config: WaveNetConfig, seed: int, frames: int
) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A stream's conditioning from its first frame on: each frame the same, however many there
    are.
    """
    return np.concatenate(
        [conditioning(config, 1, seed=seed * 1000 + frame) for frame in range(frames)]
    )


def whole_predictors(config: WaveNetConfig, seed: int, frames: int) -> Predictors:
    """The same for a stream's predictors."""
    found = [predictors(config, 1, seed=seed * 1000 + frame) for frame in range(frames)]
    return Predictors(
        coefficients=np.concatenate([one.coefficients for one in found]),
        lags=np.concatenate([one.lags for one in found]),
    )


def frames_from(predicted: Predictors, first: int) -> Predictors:
    """Those from frame `first` on."""
    return Predictors(coefficients=predicted.coefficients[first:], lags=predicted.lags[first:])
