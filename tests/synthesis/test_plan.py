"""Plans: exact lengths, speed, and everything that is refused by its field."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from vocoder.acoustic.pauses import with_pauses
from vocoder.errors import InputError, TextError
from vocoder.seeds import choose_seed
from vocoder.synthesis.limits import TEXT_LIMIT
from vocoder.synthesis.planning import Plan
from vocoder.synthesis.settings import Settings
from vocoder.synthesis.voice import Voice
from vocoder.text import Lexicon

TEXT = "The quick brown fox, said Anna, jumps over the lazy dog. Does it?"


def test_the_length_is_the_sum_of_the_durations(voice: Voice) -> None:
    plan = voice.plan(TEXT)
    assert len(plan.sentences) == 2
    for planned in plan.sentences:
        assert planned.durations.dtype == np.int64
        assert planned.durations.shape == (planned.sentence.features.num_phonemes,)
        assert planned.durations.min() >= 1
    assert plan.num_frames == sum(int(planned.durations.sum()) for planned in plan.sentences)
    assert plan.num_samples == plan.num_frames * voice.manifest.audio.hop_length
    assert plan.seconds == plan.num_samples / voice.sample_rate


@pytest.mark.parametrize("length_scale", [0.5, 0.75, 1.3, 2.0, 4.0])
def test_length_scale_scales_the_length(voice: Voice, length_scale: float) -> None:
    """To within a frame per sentence: rounding every phoneme for itself would be off by up to half
    a frame for each.
    """
    normal, scaled = voice.plan(TEXT), voice.plan(TEXT, voice.settings(length_scale=length_scale))
    exact = 0.0
    for number, planned in enumerate(normal.sentences, 1):
        features = planned.sentence.features
        predicted = voice.pack.acoustic.durations(features, 0)
        exact += float(
            with_pauses(
                predicted,
                features,
                frames_per_second=100.0,
                at_end=0.3 if number < len(normal.sentences) else 0.0,
            ).sum()
        )
    assert abs(scaled.num_frames - length_scale * exact) <= len(normal.sentences)


def test_a_paragraph_ends_with_a_longer_pause_than_a_sentence(voice: Voice) -> None:
    """But the last, after which nothing is said; and a line that ends is no paragraph."""
    frames = voice.sample_rate / voice.manifest.audio.hop_length

    def pauses(between: str) -> list[int]:
        return [
            int(planned.durations[-1])
            for planned in voice.plan(f"Anna sat.{between}Did she?").sentences
        ]

    alone = voice.plan("Did she?").sentences[0].durations[-1]
    for between, shortest in (
        (" ", 0.3),
        ("\n", 0.3),
        ("\n\n", 0.7),
        ("\r\n \t\r\n", 0.7),
        ("\u2029\u2029\n", 0.7),
    ):
        first, last = pauses(between)
        assert abs(first - shortest * frames) <= 1, between
        assert last == alone


def test_the_shortest_speech_still_has_a_frame_for_every_phoneme(voice: Voice) -> None:
    plan = voice.plan(TEXT, voice.settings(length_scale=0.25))
    assert all(planned.durations.min() >= 1 for planned in plan.sentences)


def test_the_same_plan_every_time(voice: Voice) -> None:
    first, second = voice.plan(TEXT), voice.plan(TEXT)
    for one, other in zip(first.sentences, second.sentences, strict=True):
        np.testing.assert_array_equal(one.durations, other.durations)


@pytest.mark.parametrize("text", ["", "   ", "\n\t\u3000", "...", "!?", "\u200b\u200d", "\ud800"])
def test_text_that_cannot_be_spoken_is_refused(voice: Voice, text: str) -> None:
    with pytest.raises(TextError) as caught:
        voice.plan(text)
    assert caught.value.field == "text"


LEXICON = Lexicon.of({"cat": {"alias": "squirrel monkey"}, "dog": "ˈzuː"})


def words(plan: Plan) -> tuple[str, ...]:
    return plan.sentences[0].sentence.words


def test_a_lexicon_goes_over_the_voices_own(voice: Voice) -> None:
    own = Voice(pack=replace(voice.pack, lexicon=LEXICON), engine=voice.engine)
    assert words(own.plan("A cat.")) == ("a", "squirrel", "monkey")
    assert words(own.plan("A cat.", lexicon=Lexicon.of({"cat": {"alias": "dog"}}))) == ("a", "dog")
    assert own.plan("dog", lexicon=Lexicon.of({"cat": "ə"})).sentences[
        0
    ].sentence.features.phonemes == ("sil", "z", "uː", "sil")


def test_what_aliases_make_of_a_text_keeps_to_the_limit_too(voice: Voice) -> None:
    assert voice.plan("A cat.", text_limit=21, lexicon=LEXICON)
    with pytest.raises(TextError, match="has 21 characters with the aliases"):
        voice.plan("A cat.", text_limit=20, lexicon=LEXICON)


def test_text_beyond_the_limit_is_refused(voice: Voice) -> None:
    with pytest.raises(
        TextError, match=f"has {TEXT_LIMIT + 1} characters, and the limit is {TEXT_LIMIT}"
    ):
        voice.plan("a" * (TEXT_LIMIT + 1))
    with pytest.raises(TextError, match="limit is 5"):
        voice.plan("Hello.", text_limit=5)
    assert voice.plan("Hello there.", text_limit=None).num_samples > 0


@pytest.mark.parametrize(
    "field, value",
    [
        ("pitch", 12.1),
        ("pitch", -13),
        ("pitch", math.nan),
        ("volume", -0.1),
        ("volume", 4.1),
        ("volume", math.nan),
    ],
)
def test_a_pitch_or_a_volume_out_of_range_is_refused(
    voice: Voice, field: str, value: float
) -> None:
    with pytest.raises(InputError, match=f"{field} must lie in") as caught:
        voice.settings(**{field: value})
    assert caught.value.field == field


@pytest.mark.parametrize("length_scale", [0.0, 0.2499, 4.001, -1.0, math.inf, math.nan])
def test_a_length_scale_out_of_range_is_refused(voice: Voice, length_scale: float) -> None:
    with pytest.raises(InputError, match=r"length_scale must lie in 0\.25\.\.4") as caught:
        voice.settings(length_scale=length_scale)
    assert caught.value.field == "length_scale"


@pytest.mark.parametrize("temperature", [-0.01, 2.01, math.inf, math.nan])
def test_a_temperature_out_of_range_is_refused(voice: Voice, temperature: float) -> None:
    with pytest.raises(InputError, match=r"temperature must lie in 0\.\.2") as caught:
        voice.settings(temperature=temperature)
    assert caught.value.field == "temperature"


def test_the_voice_fills_in_what_is_not_asked_for(voice: Voice) -> None:
    assert voice.settings() == Settings(
        speaker=0, length_scale=1.0, pitch=0.0, volume=1.0, temperature=0.9
    )
    assert voice.settings(temperature=0.0).temperature == 0.0


def test_speakers_go_by_name_or_index(voice: Voice) -> None:
    assert voice.settings(speaker="otto").speaker == voice.settings(speaker=1).speaker == 1
    assert voice.settings(speaker="anna").speaker == voice.settings(speaker=0).speaker == 0
    for unknown in ("eve", "", 2, -1):
        with pytest.raises(InputError, match=r"known: anna, otto") as caught:
            voice.settings(speaker=unknown)
        assert caught.value.field == "speaker"
    with pytest.raises(InputError, match="no speaker 7") as caught:
        voice.plan("Hello.", replace(voice.settings(), speaker=7))
    assert caught.value.field == "speaker"


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_out_of_range_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match=r"seed must lie in 0\.\.2\*\*64-1") as caught:
        choose_seed(seed)
    assert caught.value.field == "seed"


def test_a_random_seed_is_one_that_javascript_can_hold() -> None:
    seeds = {choose_seed(None) for _ in range(100)}
    assert len(seeds) == 100
    assert max(seeds) < 2**53
    assert choose_seed(2**64 - 1) == 2**64 - 1
