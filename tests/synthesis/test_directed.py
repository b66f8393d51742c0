"""What an SSML document asks for is what is heard: lengths, pitch and loudness by the amount that
was said; and the laws hold with it.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.synthesis.test_utterance import speak
from tests.tiny_voice import make_tiny_voice
from vocoder.audio.pcm import to_float32
from vocoder.errors import InputError, TextError
from vocoder.synthesis.limits import TEXT_LIMIT
from vocoder.synthesis.planning import Plan, PlannedSentence
from vocoder.synthesis.subtitles import subrip, webvtt
from vocoder.synthesis.timeline import Timeline
from vocoder.synthesis.voice import Voice, load_voice
from vocoder.text import Ipa, Lexicon, Ssml
from vocoder.wavenet.conditions import Conditions

DOCUMENT = Ssml(
    "<speak>Oh, <prosody rate='slow' pitch='+3st' volume='-6dB'>hi</prosody> <mark "
    "name='m'/>you. <break time='120ms'/> "
    "<voice name='otto'><emphasis level='strong'>Go</emphasis> away</voice> <prosody "
    "volume='+6dB'>now</prosody></speak>"
)


def plan_of(voice: Voice, inside: str, **settings: float) -> Plan:
    return voice.plan(Ssml(f"<speak>{inside}</speak>"), voice.settings(**settings))


def words_frames(planned: PlannedSentence) -> dict[str, int]:
    """Frames of each word."""
    owners = planned.sentence.features.word_index
    return {
        word: int(planned.durations[owners == number].sum())
        for number, word in enumerate(planned.sentence.words)
    }


def conditions(voice: Voice, plan: Plan, number: int = 0) -> Conditions:
    """What the network is told of a sentence."""
    utterance = voice.utterance(plan, seed=1)
    assert utterance is not None
    passages = list(_passages(voice, plan))
    return passages[number]


def _passages(voice: Voice, plan: Plan) -> list[Conditions]:
    """Conditions of every sentence, as an utterance has them computed."""
    found: list[Conditions] = []
    original = voice.pack.acoustic.conditions

    def watched(*arguments: object, **options: object) -> Conditions:
        found.append(original(*arguments, **options))  # type: ignore[arg-type]
        return found[-1]

    voice.pack.acoustic.conditions = watched  # type: ignore[method-assign]
    try:
        speak(voice, voice.utterance(plan, seed=1), [100_000])
    finally:
        del voice.pack.acoustic.conditions  # that of the class is seen again
    return found


def test_a_document_of_text_alone_is_the_same_sound(voice: Voice) -> None:
    np.testing.assert_array_equal(
        voice.synthesize(Ssml("<speak>Oh, hi. You?</speak>"), seed=7),
        voice.synthesize("Oh, hi. You?", seed=7),
    )


def test_phonemes_are_the_same_sound_as_the_text_that_has_them(voice: Voice) -> None:
    np.testing.assert_array_equal(
        voice.synthesize(Ipa("həˈloʊ, ˈwɜːld."), seed=7), voice.synthesize("Hello, world.", seed=7)
    )


@pytest.mark.parametrize(
    ("rate", "times"), [("50%", 2.0), ("slow", 1 / 0.64), ("2", 0.5), ("+25%", 0.8)]
)
def test_rate_changes_the_length_of_what_it_is_said_of_by_as_much(
    voice: Voice, rate: str, times: float
) -> None:
    long = "extraordinarily complicated misunderstandings"
    inside = "Well, {} indeed."
    (plain,), (paced,) = (
        plan_of(voice, inside.format(long)).sentences,
        plan_of(voice, inside.format(f"<prosody rate='{rate}'>{long}</prosody>")).sentences,
    )
    before, after = words_frames(plain), words_frames(paced)
    wanted = times * sum(before[word] for word in long.split())
    assert abs(sum(after[word] for word in long.split()) - wanted) <= 1 + times
    assert abs(after["well"] - before["well"]) <= 1
    assert abs(after["indeed"] - before["indeed"]) <= 1


def test_rate_and_the_request_s_own_multiply_as_far_as_speech_goes(voice: Voice) -> None:
    text = "extraordinarily complicated misunderstandings"
    frames = [
        plan_of(voice, f"<prosody rate='{rate}'>{text}</prosody>", length_scale=scale).num_frames
        for rate, scale in (("1", 2), ("0.5", 1), ("0.25", 1))
    ]
    assert abs(frames[0] - frames[1]) <= 1
    slowest = plan_of(voice, f"<prosody rate='0.25'>{text}</prosody>", length_scale=4.0).num_frames
    assert slowest == frames[2]


@pytest.mark.parametrize("seconds", [0.05, 0.5, 1.23, 7.0])
@pytest.mark.parametrize(
    "inside",
    [
        "Hi {} you",
        "Hi, {} you",
        "Hi. {} You",
        "Hi? <s>{}You</s>",
        "{} Hi you",
        "Hi you {}",
        "<prosody rate='slow'>Hi {} you</prosody>",
    ],
)
def test_a_break_is_as_long_as_it_says(voice: Voice, inside: str, seconds: float) -> None:
    """The silence between the two words, or before the first or behind the last, whatever pause
    would be there; whatever the speed.
    """
    plan = plan_of(voice, inside.format(f"<break time='{seconds}s'/>"), length_scale=1.5)
    timeline = Timeline.of(plan)
    first, second = (word for sentence in timeline.sentences for word in sentence.words)
    gap = {"{": first.start_sample, "Hi you {}": timeline.num_samples - second.end_sample}.get(
        inside if inside == "Hi you {}" else inside[0], second.start_sample - first.end_sample
    )
    assert gap == round(seconds * voice.sample_rate / plan.hop_length) * plan.hop_length


def test_a_paragraph_ends_with_a_longer_pause(voice: Voice) -> None:
    together, apart = (
        plan_of(voice, inside).sentences[0].durations[-1]
        for inside in ("Hi. You", "<p>Hi.</p> You")
    )
    assert apart == 70
    assert together == 30


@pytest.mark.parametrize(
    ("pitch", "shift"), [("+4st", 4.0), ("-10%", 12 * np.log2(0.9)), ("x-high", 12 * np.log2(1.45))]
)
def test_pitch_moves_what_it_is_said_of_by_as_much(voice: Voice, pitch: str, shift: float) -> None:
    inside = "Well, {} indeed."
    plain, moved = (
        plan_of(voice, inside.format("you are")),
        plan_of(voice, inside.format(f"<prosody pitch='{pitch}'>you are</prosody>")),
    )
    before, after = conditions(voice, plain), conditions(voice, moved)
    owners = np.repeat(
        plain.sentences[0].sentence.features.word_index, plain.sentences[0].durations
    )
    inside_frames = (owners == 1) | (owners == 2)
    if not (before.voicing[inside_frames] > 0).any():
        pytest.fail("the tiny voice is unvoiced here: the test says nothing")
    difference = (after.log_f0 - before.log_f0) * 12 / np.log(2)
    np.testing.assert_allclose(difference[inside_frames], shift, atol=1e-3)
    np.testing.assert_allclose(difference[(owners == 0) | (owners == 3)], 0.0, atol=1e-3)
    assert not np.array_equal(before.log_mel, after.log_mel)


def test_an_absolute_pitch_is_the_mean_and_hertz_are_added_to_it(voice: Voice) -> None:
    inside = "Well, {} indeed."
    plans = [
        plan_of(voice, inside.format(f"<prosody pitch='{pitch}'>you are</prosody>"), pitch=1.0)
        for pitch in ("default", "123Hz", "+20Hz")
    ]
    owners = np.repeat(
        plans[0].sentences[0].sentence.features.word_index, plans[0].sentences[0].durations
    )
    found = []
    for plan in plans:
        told = conditions(voice, plan)
        found.append(
            np.exp(told.log_f0[((owners == 1) | (owners == 2)) & (told.voicing > 0)].mean())
        )
    assert found[1] == pytest.approx(123.0, rel=1e-3)
    assert found[2] == pytest.approx(found[0] + 20.0, rel=1e-3)


def test_range_spreads_pitch_about_its_mean(voice: Voice) -> None:
    plain, wide, flat = (
        conditions(voice, plan_of(voice, f"<prosody range='{by}'>are you in</prosody>"))
        for by in ("default", "+100%", "-100%")
    )
    voiced = plain.voicing > 0
    assert voiced.any()
    assert wide.log_f0[voiced].std() == pytest.approx(2 * plain.log_f0[voiced].std(), rel=1e-3)
    assert flat.log_f0[voiced].std() == pytest.approx(0.0, abs=1e-5)
    assert wide.log_f0[voiced].mean() == pytest.approx(plain.log_f0[voiced].mean(), abs=1e-4)


@pytest.mark.parametrize("passes", [0, 1, 3])
@pytest.mark.parametrize(
    ("volume", "times"),
    [("-6dB", 10 ** (-6 / 20)), ("+3dB", 10 ** (3 / 20)), ("silent", 0.0), ("25", 0.25)],
)
def test_volume_is_amplitude_at_the_samples_of_what_it_is_said_of(
    tmp_path: Path, passes: int, volume: str, times: float
) -> None:
    """To the sample, whatever the decoder's delay; and it moves there in a straight line over one
    frame.
    """
    voice = load_voice(make_tiny_voice(tmp_path / "tiny", passes=passes))
    inside = "Oh, {} now"
    plain, loud = (
        plan_of(voice, inside.format("hi you"), volume=0.5),
        plan_of(voice, inside.format(f"<prosody volume='{volume}'>hi you</prosody>"), volume=0.5),
    )
    before, after = (
        to_float32(voice.synthesize(Ssml("<speak>Oh, hi you now</speak>"), seed=3, volume=0.5)),
        to_float32(_sound(voice, loud)),
    )
    assert len(before) == len(after) == plain.num_samples
    words = Timeline.of(plain).sentences[0].words
    start, end, hop = words[1].start_sample, words[2].end_sample, plain.hop_length
    expected = np.ones(len(before))
    expected[start:end] = times
    ramp = np.arange(1, hop + 1) / hop
    expected[start : start + hop] = 1 + (times - 1) * ramp
    expected[end : end + hop] = times + (1 - times) * ramp
    unclipped = np.abs(before) < 0.99
    np.testing.assert_allclose(
        after[unclipped], np.clip(before * expected, -1, 1)[unclipped], atol=2.5 / 32768
    )
    assert np.abs(before[start:end]).max() > 0.01


def _sound(voice: Voice, plan: Plan) -> np.ndarray:
    return speak(voice, voice.utterance(plan, seed=3), [100_000])


def test_emphasis_is_heard_in_length_pitch_and_loudness(voice: Voice) -> None:
    inside = "Well, {} indeed."
    plain, strong, reduced = (
        plan_of(voice, inside.format(text), volume=0.3)
        for text in (
            "misunderstandings",
            "<emphasis level='strong'>misunderstandings</emphasis>",
            "<emphasis level='reduced'>misunderstandings</emphasis>",
        )
    )
    frames = [
        words_frames(plan.sentences[0])["misunderstandings"] for plan in (plain, strong, reduced)
    ]
    assert frames[1] / frames[0] == pytest.approx(1 / 0.85, abs=0.04)
    assert frames[2] / frames[0] == pytest.approx(1 / 1.1, abs=0.04)
    for plan, gain_db, semitones in ((strong, 3.0, 2.0), (reduced, -2.0, -1.0)):
        delivery = plan.sentences[0].sentence.delivery
        assert delivery is not None
        assert sorted(set(20 * np.log10(delivery.gains.astype(np.float64)))) == pytest.approx(
            sorted([0.0, gain_db]), abs=1e-4
        )
        (stretch,) = delivery.stretches()
        assert 12 * np.log2(stretch.pitch.scale) == pytest.approx(semitones)


def test_another_speaker_speaks_what_is_said_to_be_his(voice: Voice) -> None:
    plan = voice.plan(Ssml("<speak>Hi <voice name='otto'>you there</voice> now</speak>"))
    assert [found.speaker for found in _passages(voice, plan)] == [0, 1, 0]
    otto = voice.plan("you there", voice.settings(speaker="otto"))
    np.testing.assert_array_equal(
        plan.sentences[1].durations[:-1], otto.sentences[0].durations[:-1]
    )


@pytest.fixture(scope="module")
def whole(voice: Voice) -> np.ndarray:
    return voice.synthesize(DOCUMENT, seed=7)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(1, 900), min_size=1, max_size=6))
def test_any_chunking_gives_the_same_samples(
    voice: Voice, whole: np.ndarray, sizes: list[int]
) -> None:
    np.testing.assert_array_equal(
        speak(voice, voice.utterance(voice.plan(DOCUMENT), seed=7), sizes), whole
    )


@pytest.mark.parametrize("passes", [0, 1, 3])
def test_a_parked_utterance_goes_on_to_the_same_samples(tmp_path: Path, passes: int) -> None:
    """Wherever it is parked: also where the gains of samples that have not left are those of the
    sentence before.
    """
    folder = make_tiny_voice(tmp_path / "tiny", passes=passes)
    voice, elsewhere = load_voice(folder), load_voice(folder)
    plan = voice.plan(DOCUMENT)
    whole = speak(voice, voice.utterance(plan, seed=7), [333])
    utterance, before = voice.utterance(plan, seed=7), [np.zeros(0, np.int16)]
    while not utterance.finished:
        before.append(utterance.accept(voice.engine.advance([utterance.job(427)])[0]))
        resumed = elsewhere.utterance(elsewhere.planning(DOCUMENT), saved=utterance.to_bytes())
        np.testing.assert_array_equal(
            np.concatenate([*before, speak(elsewhere, resumed, [500])]), whole
        )


def test_planned_as_it_is_spoken_is_the_same_sound(voice: Voice, whole: np.ndarray) -> None:
    np.testing.assert_array_equal(
        speak(voice, voice.utterance(voice.planning(DOCUMENT), seed=7), [501]), whole
    )
    assert voice.plan(DOCUMENT).num_samples == len(whole)


def test_marks_are_told_in_their_place(voice: Voice) -> None:
    document = Ssml(
        "<speak><mark name='a'/>Hi <mark name='b'/>you.<mark name='c'/><break time='1s'/><mark "
        "name='d'/> Go <mark name='e'/></speak>"
    )
    timeline = Timeline.of(voice.plan(document))
    words = [word for sentence in timeline.sentences for word in sentence.words]
    told = [(start, event) for start, event in timeline.events()]
    assert all(event["start_sample"] == start for start, event in told)
    assert [start for start, _ in told] == sorted(start for start, _ in told)
    marks = {str(event["name"]): event for _, event in told if event["type"] == "mark"}
    assert list(marks) == ["a", "b", "c", "d", "e"]
    ends = [sentence.end_sample for sentence in timeline.sentences]
    assert [marks[name]["start_sample"] for name in marks] == [
        0,
        words[1].start_sample,
        words[1].end_sample,
        ends[0],
        ends[1],
    ]
    assert ends[1] == timeline.num_samples
    for name, event in marks.items():
        assert document.document[int(event["start_char"]) :].startswith(f"<mark name='{name}'/>")
    kinds = [
        (event["type"], event.get("name", event.get("text")))
        for _, event in told
        if event["type"] in ("mark", "word")
    ]
    assert kinds.index(("mark", "b")) == kinds.index(("word", "you")) - 1
    moved = Timeline.of(voice.plan(document)).at(44_100)
    assert [mark.start_sample for sentence in moved.sentences for mark in sentence.marks][
        -1
    ] == moved.num_samples
    for one, following in pairwise(moved.events()):
        assert one[0] <= following[0]
    for write in (webvtt, subrip):
        assert "mark" not in "".join(write(timeline.sentences, timeline.sample_rate))


def test_words_are_told_with_their_place_in_the_document(voice: Voice) -> None:
    document = "<speak>Pay &#x24;5 to <sub alias='World Wide Web'>WWW</sub>.</speak>"
    words = [
        word
        for sentence in Timeline.of(voice.plan(Ssml(document))).sentences
        for word in sentence.words
    ]
    assert [document[word.start_char : word.end_char] for word in words] == [
        "Pay",
        "&#x24;5",
        "&#x24;5",
        "to",
        "WWW",
        "WWW",
        "WWW",
    ]


@pytest.mark.parametrize(
    ("text", "field", "message"),
    [
        (Ssml(""), "ssml", "ssml: the document is empty"),
        (Ssml("<speak>"), "ssml", "not well-formed"),
        (Ssml("<speak/>"), "ssml", "ssml: nothing in the text can be spoken"),
        (
            Ssml("<speak>日本<break time='1s'/></speak>"),
            "ssml",
            "nothing in the text can be spoken; '日本' is in a script",
        ),
        (
            Ssml(" " * (TEXT_LIMIT + 1) + "a"),
            "ssml",
            "ssml: the document has 100002 characters, and the limit is 100000",
        ),
        (Ipa(" "), "phonemes", "phonemes: the text is empty"),
        (Ipa("..."), "phonemes", "phonemes: nothing in the text can be spoken"),
        (Ipa("xx9"), "phonemes", "phonemes: word 1 of them"),
    ],
)
def test_what_cannot_be_spoken_is_an_error_of_its_field(
    voice: Voice, text: Ssml | Ipa, field: str, message: str
) -> None:
    with pytest.raises(TextError, match=message) as caught:
        voice.stream(text)
    assert caught.value.field == field
    with pytest.raises(InputError):
        voice.plan(text)


def test_aliases_of_a_lexicon_count_for_the_limit_of_a_document(voice: Voice) -> None:
    document = Ssml("<speak>SQL <emphasis>SQL</emphasis></speak>")
    lexicon = Lexicon.of({"SQL": {"alias": "structured query language"}})
    words = [
        word
        for planned in voice.plan(document, lexicon=lexicon).sentences
        for word in planned.sentence.words
    ]
    assert words == ["structured", "query", "language"] * 2
    with pytest.raises(
        TextError,
        match=(
            "ssml: the document has 93 characters with the aliases of its words, and the limit "
            "is 60"
        ),
    ) as caught:
        voice.plan(document, text_limit=60, lexicon=lexicon)
    assert caught.value.field == "ssml"
