"""Words that are said as somebody lists them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocoder.errors import InputError
from vocoder.text import Lexicon, analyse
from vocoder.text.phonemes import NO_STRESS, PRIMARY_STRESS, SECONDARY_STRESS

SEQUEL = ("s", "iː", "k", "w", "ə", "l")
LEXICON = Lexicon.of({"SQL": "ˈsiːkwəl", "Nguyen": "wɪn", "Bosch": "bɔʃ", "cat-fish": "ˌkætˈfɪʃ"})


def said(text: str, word: int, lexicon: Lexicon | None = LEXICON) -> tuple[str, ...]:
    features = analyse(text, lexicon=lexicon).sentences[0].features
    return tuple(phoneme for phoneme, of in zip(features.phonemes, features.word_index, strict=True) if of == word)


@pytest.mark.parametrize("text", ["SQL is old.", "sql, they said", "Sql!", '"SQL" it is'])
def test_a_word_is_said_as_it_is_listed_whatever_its_capitals(text: str) -> None:
    assert said(text, 0) == SEQUEL
    assert said(text, 0, None) != SEQUEL


@pytest.mark.parametrize("word", ["Café", "Cafe\u0301", "ﬁne", "O’Neil", "Łódź", "straße", "Привет", "A", "may", "St", "three", "XIV"])
def test_any_word_can_be_listed_in_any_form(word: str) -> None:
    assert said(f"the {word} is", 1, Lexicon.of({word: "zuːzuː"})) == ("z", "uː", "z", "uː")


def test_words_that_are_not_listed_are_said_as_ever() -> None:
    text = "The sequels of MySQL and 3 cats; Nguyens, too."
    listed, plain = analyse(text, lexicon=LEXICON), analyse(text)
    assert listed.sentences[0].words == plain.sentences[0].words
    assert listed.sentences[0].features.phonemes == plain.sentences[0].features.phonemes


def test_a_possessive_is_said_with_its_word() -> None:
    assert said("SQL's age", 0) == (*SEQUEL, "z")
    assert said("Bosch's age", 0) == ("b", "ɔ", "ʃ", "ᵻ", "z")


def test_stress_lies_on_the_vowel_behind_its_mark_or_on_the_first() -> None:
    assert [phone.stress for phone in LEXICON.phones("cat-fish")] == [NO_STRESS, SECONDARY_STRESS, NO_STRESS, NO_STRESS, PRIMARY_STRESS, NO_STRESS]
    assert [phone.stress for phone in LEXICON.phones("nguyen")] == [NO_STRESS, PRIMARY_STRESS, NO_STRESS]


@pytest.mark.parametrize(
    "entries, why",
    [
        ({"Xhosa": "ǁɔːsa"}, "IPA of 'Xhosa' has 'ǁ', which the voice has no phoneme for"),
        ({"mute": "ˈ"}, "IPA of 'mute' has no phoneme"),
        ({"two words": "tuː"}, "'two words' is not one word"),
        ({"Polish": "pɔ", "polish": "pɑ"}, "'polish' twice"),
        ({"İstanbul": "ɪ"}, "'İstanbul' is not one word"),
        ({"long": "a" * 201}, "'long' has 201 characters"),
        ({"a": {"b": "c"}}, "'a' is not a string"),
        ({"a": 3}, "'a' is not a string"),
        (["a"], "not a JSON object"),
    ],
)
def test_what_is_wrong_is_named(entries: object, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        Lexicon.from_json(json.dumps(entries))
    assert caught.value.field == "lexicon"


def test_a_word_that_json_has_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'a' twice"):
        Lexicon.from_json('{"a": "ə", "a": "eɪ"}')


@given(st.dictionaries(st.text(st.characters(categories=["L"]), max_size=5), st.text("aɪʃːˈk. xǁ", max_size=8), max_size=3), st.text(max_size=40))
def test_any_lexicon_is_refused_clearly_or_speaks_any_text(entries: dict[str, str], text: str) -> None:
    try:
        lexicon = Lexicon.of(entries)
    except InputError:
        return
    for word, phones in zip(entries, lexicon.entries.values(), strict=True):
        assert said(word, 0, lexicon) == tuple(phone.symbol for phone in phones)
    analyse(text, lexicon=lexicon)
