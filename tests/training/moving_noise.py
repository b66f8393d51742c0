"""A sound whose spectrum moves at a known rate."""

from __future__ import annotations

import numpy as np

RATE = 16_000


def moving_noise(hertz: float, *, depth: float = 0.9, seconds: float = 4.0) -> np.ndarray:
    """Noise whose level goes up and down so many times a second."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(3).standard_normal(len(time))
    return (0.1 * noise * (1 + depth * np.sin(2 * np.pi * hertz * time))).astype(np.float32)
