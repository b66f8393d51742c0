"""Rows of an utterance."""

from __future__ import annotations

import dataclasses

import numpy as np

from vocoder.config import CATEGORIES, FRAME_POSITIONS
from vocoder.wavenet.conditions import Conditions


def test_the_beginning_has_every_part_of_its_frames() -> None:
    whole = Conditions(
        log_mel=np.arange(12, dtype=np.float32).reshape(6, 2),
        log_f0=np.arange(6, dtype=np.float32),
        voicing=np.arange(6, dtype=np.float32) / 6,
        categories=np.arange(6 * len(CATEGORIES)).reshape(6, -1),
        positions=np.arange(6 * len(FRAME_POSITIONS), dtype=np.float32).reshape(6, -1),
        speaker=1,
    )
    beginning = whole.until(4)
    assert (beginning.num_frames, beginning.speaker) == (4, 1)
    for part in ("log_mel", "log_f0", "voicing", "categories", "positions"):
        np.testing.assert_array_equal(getattr(beginning, part), getattr(whole, part)[:4])
    assert whole.until(9).num_frames == 6
    bare = dataclasses.replace(whole, categories=None, positions=None).until(2)
    assert (bare.num_frames, bare.categories, bare.positions) == (2, None, None)
