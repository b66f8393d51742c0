"""Laws 3, 4, 5 and 8 for whole utterances: chunking, batching and parking change no byte, and
lengths are exact.
"""

from __future__ import annotations

import io
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiny_voice import make_tiny_voice
from vocoder.audio.mel import log_mel
from vocoder.audio.pcm import to_bytes, to_float32
from vocoder.audio.wav import wav_header
from vocoder.errors import EngineError, TextError
from vocoder.synthesis.utterance import Utterance
from vocoder.synthesis.voice import Voice, load_voice

TEXT = "Oh, hi. You?"  # two sentences


@pytest.fixture(scope="module")
def whole(voice: Voice) -> np.ndarray:
    return voice.synthesize(TEXT, seed=7)


def speak(voice: Voice, utterance: Utterance, sizes: list[int]) -> np.ndarray:
    """The rest of an utterance, in pieces of these sizes, over and over."""
    pieces, turn = [np.zeros(0, np.int16)], 0
    while not utterance.finished:
        pieces.append(
            utterance.accept(voice.engine.advance([utterance.job(sizes[turn % len(sizes)])])[0])
        )
        turn += 1
    return np.concatenate(pieces)


@pytest.mark.parametrize("chunk_samples", [1, 79, 80, 81, 800, 10_000_000])
def test_streamed_is_whole(voice: Voice, whole: np.ndarray, chunk_samples: int) -> None:
    pieces = list(voice.stream(TEXT, seed=7, chunk_samples=chunk_samples))
    assert max(len(piece) for piece in pieces) <= chunk_samples
    assert all(piece.dtype == np.int16 for piece in pieces)
    np.testing.assert_array_equal(np.concatenate(pieces), whole)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sizes=st.lists(st.integers(1, 900), min_size=1, max_size=6))
def test_any_chunking_gives_the_same_samples(
    voice: Voice, whole: np.ndarray, sizes: list[int]
) -> None:
    np.testing.assert_array_equal(
        speak(voice, voice.utterance(voice.plan(TEXT), seed=7), sizes), whole
    )


def test_as_many_samples_are_made_as_the_plan_says(voice: Voice) -> None:
    for text, length_scale in ((TEXT, 1.0), (TEXT, 0.3), ("A", 1.7)):
        plan = voice.plan(text, voice.settings(length_scale=length_scale))
        utterance = voice.utterance(plan, seed=1)
        assert utterance.num_samples == plan.num_samples
        assert len(speak(voice, utterance, [333])) == plan.num_samples
        assert utterance.finished
        assert utterance.position == plan.num_samples


def test_a_header_sent_first_fits_what_follows(voice: Voice) -> None:
    plan = voice.plan(TEXT)
    sent = wav_header(plan.sample_rate, plan.num_samples)
    for piece in voice.speak(voice.utterance(plan, seed=7)):
        sent += to_bytes(piece)
    with wave.open(io.BytesIO(sent)) as reader:
        assert reader.getnframes() == plan.num_samples
        assert len(reader.readframes(plan.num_samples + 1)) == 2 * plan.num_samples
    assert len(sent) == 44 + 2 * plan.num_samples


@pytest.mark.parametrize(
    "text", [TEXT, "A", "\u4f60\u597d. Oh, hi. \u4f60\u597d. You? \u4f60\u597d."]
)
def test_planned_as_it_is_spoken_is_the_same_sound_and_is_parked_as_well(
    voice: Voice, text: str
) -> None:
    whole = speak(voice, voice.utterance(voice.plan(text), seed=7), [500])
    np.testing.assert_array_equal(voice.synthesize(text, seed=7), whole)
    for turns in (0, 3, 10_000):
        utterance, before = voice.utterance(voice.planning(text), seed=7), [np.zeros(0, np.int16)]
        while not utterance.finished and len(before) <= turns:
            assert utterance.num_samples is None
            before.append(utterance.accept(voice.engine.advance([utterance.job(441)])[0]))
        for plan in (voice.planning(text), voice.plan(text)):
            resumed = voice.utterance(plan, saved=utterance.to_bytes())
            np.testing.assert_array_equal(
                np.concatenate([*before, speak(voice, resumed, [500])]), whole
            )
            assert resumed.num_samples == len(whole)


def test_of_a_text_that_is_planned_as_it_is_spoken_one_sentence_more_is_looked_at(
    voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the first sentence of a chapter is heard at once, and another worker goes on in its
    middle without planning what came before.
    """
    looked_at: list[str] = []
    model = type(voice.pack.acoustic)
    original = model.durations
    monkeypatch.setattr(
        model,
        "durations",
        lambda self, features, speaker: (
            looked_at.append(features.phonemes[1]) or original(self, features, speaker)
        ),
    )
    text = "Oh. " * 3 + "Ah. " * 3
    utterance = voice.utterance(voice.planning(text), seed=7)
    assert len(looked_at) == 1
    while len(looked_at) < 4:
        utterance.accept(voice.engine.advance([utterance.job(50)])[0])
    saved = utterance.to_bytes()
    looked_at.clear()
    voice.utterance(voice.planning(text), saved=saved)
    assert len(looked_at) == 1


@pytest.mark.parametrize("text", ["...", "\u4f60\u597d. \u4f60\u597d."])
def test_a_text_with_nothing_in_it_is_refused_before_any_sound(voice: Voice, text: str) -> None:
    with pytest.raises(TextError, match="nothing in the text can be spoken"):
        voice.stream(text)


def test_company_is_invisible(voice: Voice, whole: np.ndarray) -> None:
    """Three streams that join, leave and take turns of different sizes in one engine."""
    streams = [
        voice.utterance(voice.plan(text), seed=seed)
        for text, seed in ((TEXT, 7), ("Go away.", 8), (TEXT, 9))
    ]
    alone = [whole, voice.synthesize("Go away.", seed=8), voice.synthesize(TEXT, seed=9)]
    heard: list[list[np.ndarray]] = [[], [], []]
    turn = 0
    while not all(stream.finished for stream in streams):
        present = [
            n
            for n, stream in enumerate(streams)
            if not stream.finished and (turn >= 2 * n) and (turn + n) % 3 != 1
        ]
        jobs = [streams[n].job(200 + 50 * n + 13 * turn) for n in present]
        for n, codes in zip(present, voice.engine.advance(jobs), strict=True):
            heard[n].append(streams[n].accept(codes))
        turn += 1
    for pieces, expected in zip(heard, alone, strict=True):
        np.testing.assert_array_equal(np.concatenate(pieces), expected)


@pytest.mark.parametrize("turns", [0, 1, 5])
def test_a_parked_utterance_goes_on_to_the_same_samples(
    tiny_folder: Path, voice: Voice, whole: np.ndarray, turns: int
) -> None:
    utterance = voice.utterance(voice.plan(TEXT), seed=7)
    before = [np.zeros(0, np.int16)]
    before.extend(
        utterance.accept(voice.engine.advance([utterance.job(177)])[0]) for _ in range(turns)
    )
    saved = utterance.to_bytes()
    elsewhere = load_voice(tiny_folder)  # nothing shared but the bytes
    resumed = elsewhere.utterance(elsewhere.plan(TEXT), saved=saved)
    assert resumed.position == utterance.position == 177 * turns
    assert resumed.emitted == utterance.emitted == sum(map(len, before))
    assert resumed.seed == 7
    np.testing.assert_array_equal(
        np.concatenate([*before, speak(elsewhere, resumed, [500])]), whole
    )


def test_a_saved_utterance_that_does_not_fit_is_refused(voice: Voice) -> None:
    plan = voice.plan(TEXT)
    utterance = voice.utterance(plan, seed=7)
    speak(voice, utterance, [4_000])
    with pytest.raises(EngineError, match="of another plan"):
        voice.utterance(voice.plan("A"), saved=utterance.to_bytes())
    for damaged in (b"", utterance.to_bytes()[:-1], b"\0" * len(utterance.to_bytes())):
        with pytest.raises(EngineError):
            voice.utterance(plan, saved=damaged)


def test_two_utterances_of_one_plan_share_nothing(voice: Voice, whole: np.ndarray) -> None:
    plan = voice.plan(TEXT)
    one, other = voice.utterance(plan, seed=7), voice.utterance(plan, seed=7)
    speak(voice, one, [1_000])
    np.testing.assert_array_equal(speak(voice, other, [1_000]), whole)


def test_conditioning_is_computed_when_its_sentence_is_reached(
    voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that the first sound of a long text is not late."""
    reached = []
    original = type(voice.pack.acoustic).conditions
    monkeypatch.setattr(
        type(voice.pack.acoustic),
        "conditions",
        lambda model, *args, **options: reached.append(1) or original(model, *args, **options),
    )
    utterance = voice.utterance(voice.plan(TEXT), seed=7)
    assert len(reached) == 0
    utterance.job(100)
    assert len(reached) == 1
    speak(voice, utterance, [400])
    assert len(reached) == 2


@pytest.mark.parametrize("passes", [0, 1, 4])
def test_corrected_or_not_the_laws_hold_and_the_length_is_exact(
    tmp_path: Path, passes: int
) -> None:
    voice = load_voice(make_tiny_voice(tmp_path / "other", passes=passes))
    plan = voice.plan(TEXT)
    whole = voice.synthesize(TEXT, seed=3)
    assert len(whole) == plan.num_samples
    utterance, heard = voice.utterance(plan, seed=3), 0
    while not utterance.finished:
        heard += len(utterance.accept(voice.engine.advance([utterance.job(131)])[0]))
        assert utterance.emitted == heard
        if not utterance.finished:
            late = utterance.position - heard
            assert late == 0 if passes == 0 else late <= (2 * passes + 1) * plan.hop_length
    np.testing.assert_array_equal(
        np.concatenate(list(voice.stream(TEXT, seed=3, chunk_samples=97))), whole
    )


def test_speech_has_the_spectrum_it_was_conditioned_on(voice: Voice, tmp_path: Path) -> None:
    """The network has random weights: what it draws has no spectrum to speak of."""

    def distance(voice: Voice) -> float:
        plan = voice.plan(TEXT)
        wanted = np.concatenate(
            [
                voice.pack.acoustic.conditions(part.sentence.features, part.durations).log_mel
                for part in plan.sentences
            ]
        )
        made = to_float32(voice.synthesize(TEXT, seed=3, volume=0.05))
        return float(np.abs(log_mel(made, voice.manifest.audio) - np.log(0.05) - wanted).mean())

    plain = load_voice(make_tiny_voice(tmp_path / "plain", passes=0))
    assert distance(voice) < 0.5 * distance(plain)


@pytest.mark.parametrize("output", ["logistic_mixture", "gaussian"])
def test_other_outputs_keep_the_laws_too(tmp_path: Path, output: str) -> None:
    voice = load_voice(make_tiny_voice(tmp_path / "other", output=output))  # type: ignore[arg-type]
    whole = voice.synthesize("Hi.", seed=3)
    np.testing.assert_array_equal(
        np.concatenate(list(voice.stream("Hi.", seed=3, chunk_samples=97))), whole
    )
    assert whole.std() > 0
