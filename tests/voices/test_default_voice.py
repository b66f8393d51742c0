"""The default voice itself, as everybody gets it: measured, not looked at."""

from __future__ import annotations

import numpy as np
import pytest

from training.bootstrap import rate
from training.evaluation.listeners import PocketSphinx, word_errors
from training.evaluation.measures import CENTS_PER_NAT, quiet_level
from vocoder.audio.pcm import to_float32
from vocoder.audio.pitch import pitch
from vocoder.engine import NATIVE_PRECISIONS
from vocoder.synthesis.voice import PRICE_LIMIT, Voice, load_voice
from vocoder.voices.library import DEFAULT_VOICE, find_voice
from vocoder.voices.pack import MODEL_CARD

LARGEST_BYTES = 12_000_000
SENTENCES = (
    "The train will leave the station at half past nine.",
    "She opened the window and looked at the garden.",
    "We have never seen so much snow in the city.",
    "He asked his brother to bring some water from the river.",
)


@pytest.fixture(scope="module")
def kathleen() -> Voice:
    return load_voice(DEFAULT_VOICE)


def test_it_is_small_enough_for_a_repository_and_says_how_it_was_made() -> None:
    folder = find_voice(DEFAULT_VOICE)
    assert sum(file.stat().st_size for file in folder.iterdir()) < LARGEST_BYTES
    card = (folder / MODEL_CARD).read_text("utf-8")
    for told in (
        "Data:",
        "Licence: CC0-1.0",
        "steps",
        "hours",
        "bits per sample",
        "PESQ-WB",
        "STOI",
        "F0 error",
        "voicing error",
        "word error rate",
    ):
        assert told in card, told


def test_its_precisions_were_measured(kathleen: Voice) -> None:
    prices = kathleen.manifest.precision_prices
    assert prices.bf16 is not None
    assert prices.int8 is not None
    assert prices.fastest_within(PRICE_LIMIT, NATIVE_PRECISIONS) == "int8"


def test_the_same_seed_is_the_same_sound(kathleen: Voice) -> None:
    assert np.array_equal(
        kathleen.synthesize("Good day.", seed=3), kathleen.synthesize("Good day.", seed=3)
    )


@pytest.mark.slow
@pytest.mark.parametrize("semitones", [-3.0, 4.0])
def test_pitch_changes_what_it_says_by_as_much_as_it_says(
    kathleen: Voice, semitones: float
) -> None:
    """Frame by frame, for its durations stay: in cents, where the same F0 tracker finds a voice in
    both.
    """
    changes = []
    for text in SENTENCES:
        plain, changed = (
            pitch(to_float32(kathleen.synthesize(text, seed=1, pitch=by)), kathleen.manifest.audio)
            for by in (0.0, semitones)
        )
        assert len(plain[0]) == len(changed[0])
        voiced = (plain[1] > 0) & (changed[1] > 0)
        changes.append(CENTS_PER_NAT * (changed[0] - plain[0])[voiced])
    assert np.median(np.concatenate(changes)) == pytest.approx(100 * semitones, abs=15)


@pytest.mark.slow
def test_volume_and_speed_change_what_they_say_by_as_much_as_they_say(kathleen: Voice) -> None:
    plain, loud = (
        to_float32(kathleen.synthesize(SENTENCES[0], seed=1, volume=volume))
        for volume in (1.0, 0.5)
    )
    assert 20 * np.log10(np.std(plain) / np.std(loud)) == pytest.approx(20 * np.log10(2), abs=0.1)
    for length_scale in (0.8, 1.25):
        assert len(kathleen.synthesize(SENTENCES[0], seed=1, length_scale=length_scale)) / len(
            plain
        ) == pytest.approx(length_scale, rel=0.01)


@pytest.mark.slow
def test_it_is_understood_and_pauses_are_quiet(kathleen: Voice) -> None:
    listener = PocketSphinx()
    errors = []
    for text in SENTENCES:
        samples = to_float32(kathleen.synthesize(text, seed=1))
        errors.append(word_errors((text,), listener.hear(samples)))
        assert quiet_level(samples, kathleen.manifest.audio) < -45.0
    assert rate(errors).value < 0.35
