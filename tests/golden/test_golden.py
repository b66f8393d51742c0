"""Law 9: what the shipped voice says is stored, and changes with a new release of the voice only.
`values.py` says what is stored.

A new release: `python -m tests.golden.renew`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.golden import values
from vocoder.synthesis.voice import Voice, load_voice

STORED = values.read_values()
# Another CPU sums in another order (`values.py` says how much that changes); numbers are stored
# with four or five digits.
BAND_TOLERANCE = 2e-4
BITS_TOLERANCE = 5e-5
LEAST_MARGIN = 1.5e-4


def in_part(names: tuple[str, ...]) -> list[Any]:
    """Parameters of a test that is slow but for the quick ones."""
    return [
        name if name in values.QUICK else pytest.param(name, marks=pytest.mark.slow)
        for name in names
    ]


@pytest.fixture(scope="module")
def voice() -> Voice:
    return values.reference_voice()


def test_stored_values_are_of_the_release_that_is_shipped(voice: Voice) -> None:
    assert (STORED["voice"], STORED["release"]) == (voice.manifest.name, voice.manifest.release)
    assert list(STORED["sentences"]) == list(values.SENTENCES)
    assert list(STORED["bits_per_sample"]) == list(values.RECORDINGS)


@pytest.mark.parametrize("name", values.SENTENCES)
def test_durations_and_mel_stay(voice: Voice, name: str) -> None:
    stored, found = STORED["sentences"][name], values.prediction(voice, values.SENTENCES[name])
    assert found.durations.tolist() == stored["durations"]
    off = np.array(values.bands(found.log_mel)) - stored["mel"]["bands"]
    assert np.abs(off).max() < BAND_TOLERANCE, f"mel bands are off by {off.round(4).tolist()}"
    assert stored["mel"]["margin"] >= LEAST_MARGIN, (
        "too near a rounding boundary to be the same on every CPU"
    )
    assert values.digest(found.log_mel, stored["mel"]["offset"]) == stored["mel"]["sha256"]
    assert int((found.voicing > 0).sum()) == stored["voiced_frames"]
    assert values.pitch_hz(found) == pytest.approx(stored["pitch_hz"], abs=0.02)


@pytest.mark.parametrize("name", in_part(tuple(values.SENTENCES)))
def test_codes_of_the_reference_engine_stay(voice: Voice, name: str) -> None:
    stored, found = values.read_codes()[name], values.codes(voice, values.SENTENCES[name])
    differing = np.flatnonzero(found != stored)
    assert len(differing) == 0, (
        f"{len(differing)} of {len(stored)} codes differ, the first is number {differing[0]}"
    )


@pytest.mark.parametrize("recording", values.RECORDINGS)
def test_bits_per_sample_of_recordings_stay(voice: Voice, recording: str) -> None:
    assert values.bits_per_sample(voice, recording) == pytest.approx(
        STORED["bits_per_sample"][recording], abs=BITS_TOLERANCE
    )


@pytest.mark.parametrize("text", ["Is that a bee?", "I am here, you know."])
def test_the_fastest_speech_dies_away(text: str) -> None:
    """At speed 4 the sound once ended at a quarter of its peak."""
    spoken = load_voice(values.DEFAULT_VOICE).synthesize(text, seed=0, length_scale=0.25)
    samples = np.abs(spoken.astype(float))
    assert samples[-32:].max() < 0.03 * samples.max()
