"""Homographs by context: `homographs.tsv` has a sentence for each sense, and phonemes that tell it
from the others; and what the tables must be.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.text.said import phonemes_of
from vocoder.text import Lexicon, analyse
from vocoder.text.homographs import Clause, said_of, sense_of
from vocoder.text.homographs.table import CUES, MOSTLY_VERBS, NOUN_VERB, SENSES

_HEADER, *_LINES = (
    (Path(__file__).parent / "homographs.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
)
SENTENCES = [tuple(line.split("\t")) for line in _LINES]


@pytest.mark.parametrize(
    ("word", "ipa", "sentence"), SENTENCES, ids=[sentence for _, _, sentence in SENTENCES]
)
def test_the_sense_is_that_of_the_sentence(word: str, ipa: str, sentence: str) -> None:
    said = phonemes_of(sentence, word)
    assert any(ipa in form for one in said for form in one), said


def test_there_are_sentences_enough_of_words_enough() -> None:
    assert _HEADER == "word\tipa\tsentence"
    assert len(SENTENCES) >= 150
    assert len({word for word, _, _ in SENTENCES}) >= 60


def test_every_sense_can_be_said_and_differs_from_the_others() -> None:
    for word in NOUN_VERB:
        assert said_of(word, "noun") != said_of(word, "verb"), word
    for word, senses in SENSES.items():
        assert len({said_of(word, sense) for sense in senses}) == len(senses) > 1, word
    assert set(MOSTLY_VERBS) <= set(NOUN_VERB)
    assert set(CUES) <= set(SENSES)


@pytest.mark.parametrize("word", sorted({*SENSES, *NOUN_VERB}))
def test_a_word_by_itself_or_at_an_edge_has_a_sense(word: str) -> None:
    for words in ([word], [word, "it"], ["the", word], ["I", word, "it"]):
        for capital in (False, True):
            clause = Clause(
                words=words,
                marks=[""] * len(words),
                capitals=[capital] * len(words),
                at=words.index(word),
            )
            sense = sense_of(clause)
            assert sense is not None
            assert said_of(word, sense)


def test_a_lexicon_goes_before() -> None:
    (sentence,) = analyse("I read it yesterday.", lexicon=Lexicon.of({"read": "ˈɡuː"})).sentences
    assert sentence.told == ("", "lexicon", "", "")
    assert sentence.features.phonemes[2:4] == ("ɡ", "uː")


def test_other_languages_are_left_alone() -> None:
    (sentence,) = analyse("read", language="de").sentences
    assert sentence.told == ("",)


def test_what_told_a_pronunciation_is_kept() -> None:
    (sentence,) = analyse("Lucas used to live here.").sentences
    assert sentence.told == ("exception", "homograph: accustomed", "", "homograph: verb", "")
    assert re.fullmatch("(word ?)+", " ".join(sentence.rules))
