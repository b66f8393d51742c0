"""Times: sums of a plan's durations, without gaps, at any rate."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.tiny_voice import make_tiny_voice
from vocoder.audio.resample import resampled_length
from vocoder.synthesis.timeline import Timeline
from vocoder.synthesis.voice import Voice, load_voice

TEXT = "  Good day to you, my friend. \U0001d11e How are you? He paid $5."


@pytest.fixture(scope="module")
def timeline(voice: Voice) -> Timeline:
    return Timeline.of(voice.plan(TEXT))


def test_phonemes_are_those_of_the_plan_and_leave_no_gap(voice: Voice, timeline: Timeline) -> None:
    plan = voice.plan(TEXT)
    phonemes = [phoneme for sentence in timeline.sentences for phoneme in sentence.phonemes]
    assert [one.phoneme for one in phonemes] == [
        symbol for planned in plan.sentences for symbol in planned.sentence.features.phonemes
    ]
    assert [
        (one.end_sample - one.start_sample) // plan.hop_length for one in phonemes
    ] == np.concatenate([one.durations for one in plan.sentences]).tolist()
    assert phonemes[0].start_sample == 0
    assert all(one.end_sample == following.start_sample for one, following in pairwise(phonemes))
    assert phonemes[-1].end_sample == timeline.num_samples == plan.num_samples


def test_a_word_lasts_as_long_as_its_phonemes(voice: Voice, timeline: Timeline) -> None:
    for sentence, planned in zip(timeline.sentences, voice.plan(TEXT).sentences, strict=True):
        assert [word.text for word in sentence.words] == list(planned.sentence.words)
        for number, word in enumerate(sentence.words):
            own = [
                one
                for one, owner in zip(
                    sentence.phonemes, planned.sentence.features.word_index, strict=True
                )
                if owner == number
            ]
            assert (word.start_sample, word.end_sample) == (own[0].start_sample, own[-1].end_sample)
            assert "sil" not in [one.phoneme for one in own]


def test_sentences_follow_each_other_and_say_where_they_were_written(timeline: Timeline) -> None:
    assert len(timeline.sentences) >= 3
    assert timeline.sentences[0].start_sample == 0
    for sentence, following in pairwise(timeline.sentences):
        assert sentence.end_sample == following.start_sample
    for sentence in timeline.sentences:
        assert TEXT[sentence.start_char : sentence.end_char] == sentence.text


def test_words_say_where_they_were_written(timeline: Timeline) -> None:
    events = [event for _, event in timeline.events() if event["type"] == "word"]
    assert [TEXT[int(event["start_char"]) : int(event["end_char"])] for event in events] == (
        ["Good", "day", "to", "you", "my", "friend", "How", "are", "you", "He", "paid", "$5", "$5"]
    )


def test_a_word_without_a_pronunciation_has_no_time(voice: Voice) -> None:
    timeline = Timeline.of(voice.plan("Good \u4f60\u597d day."))
    assert [word.text for word in timeline.sentences[0].words] == ["good", "day"]


@pytest.mark.parametrize("rate", [8_000, 11_025, 16_000, 44_100, 48_000])
def test_another_rate_keeps_what_touched_together(timeline: Timeline, rate: int) -> None:
    moved = timeline.at(rate)
    assert (moved.sample_rate, moved.num_samples) == (
        rate,
        resampled_length(timeline.num_samples, timeline.sample_rate, rate),
    )
    assert moved.sentences[-1].end_sample == moved.num_samples
    for sentence, before in zip(moved.sentences, timeline.sentences, strict=True):
        assert all(
            one.end_sample == following.start_sample
            for one, following in pairwise(sentence.phonemes)
        )
        for word, was in zip(sentence.words, before.words, strict=True):
            assert (
                0 <= word.start_sample / rate - was.start_sample / timeline.sample_rate < 1 / rate
            )
            assert 0 <= word.end_sample / rate - was.end_sample / timeline.sample_rate < 1 / rate


def test_events_come_as_they_are_heard(timeline: Timeline) -> None:
    order = {"sentence": 0, "word": 1, "phoneme": 2}
    told = [(start, order[str(event["type"])]) for start, event in timeline.events()]
    assert told == sorted(told)
    assert all(event["start_sample"] == start for start, event in timeline.events())
    kinds = [event["type"] for _, event in timeline.events()]
    assert [
        event["index"] for _, event in timeline.events() if event["type"] == "sentence"
    ] == list(range(len(timeline.sentences)))
    assert kinds.count("sentence") == len(timeline.sentences)
    assert kinds.count("word") == sum(len(one.words) for one in timeline.sentences)
    assert kinds.count("phoneme") == sum(len(one.phonemes) for one in timeline.sentences)


def test_the_correction_shifts_no_sample(tmp_path: object, voice: Voice) -> None:
    """What is heard at a sample is heard there with and without it: the two are most alike when
    neither is moved.
    """
    plain = (
        load_voice(make_tiny_voice(f"{tmp_path}/plain", passes=0))
        .synthesize(TEXT, seed=3)
        .astype(np.float64)
    )
    corrected = voice.synthesize(TEXT, seed=3).astype(np.float64)
    assert len(plain) == len(corrected)
    assert (plain != corrected).any()
    lags = range(-200, 201)
    likeness = [float(np.dot(plain[200:-200], np.roll(corrected, lag)[200:-200])) for lag in lags]
    assert lags[int(np.argmax(likeness))] == 0
