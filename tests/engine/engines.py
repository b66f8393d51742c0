"""Every engine that runs here, and work for them."""

from __future__ import annotations

import importlib.util

import numpy as np

from tests.wavenet.networks import conditioning
from vocoder.config import WaveNetConfig
from vocoder.engine import Engine, Job, StreamState, make_engine
from vocoder.wavenet.network import WaveNet

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
    return Job(state=state, conditioning=added, first_frame=first, temperatures=np.full(len(added), temperature, np.float32), num_samples=num_samples)


def whole_conditioning(config: WaveNetConfig, seed: int, frames: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A stream's conditioning from its first frame on: each frame the same, however many there are."""
    return np.concatenate([conditioning(config, 1, seed=seed * 1000 + frame) for frame in range(frames)])
