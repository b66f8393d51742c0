"""Words to phones: the laws of any `Phonemiser`, then what espeak-ng's American English says."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vocoder.errors import InputError
from vocoder.text.espeak import Espeak
from vocoder.text.inventory import CONSONANTS, PHONEMES, VOWELS
from vocoder.text.phonemes import (
    NO_STRESS,
    PRIMARY_STRESS,
    SECONDARY_STRESS,
    EspeakPhonemiser,
    Phone,
)

ENGLISH = EspeakPhonemiser()
_WORDS = """
    the of and to a in that it is was he for on are as with his they I at be this have from or had
    by not but what all were when we there can an your which their out about into could been has
    will would if do more over after just father under our end apple other MacDougall McVeigh
    well-known don't isn't McCoy O'Brien Nguyễn résumé x
"""
_COMMON = _WORDS.split()


def said(words: str) -> str:
    """Phones of a clause, words divided by blanks, stress as "1" (primary) and "2" (secondary)
    before its phone.
    """
    marks = {NO_STRESS: "", SECONDARY_STRESS: "2", PRIMARY_STRESS: "1"}
    return " ".join(
        "".join(marks[phone.stress] + phone.symbol for phone in phones)
        for phones in ENGLISH.pronounce(words.split())
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_COMMON), max_size=12))
def test_word_boundaries_survive(words: list[str]) -> None:
    """Each word has its own phones: none empty, and near those it has alone."""
    together = ENGLISH.pronounce(words)
    assert len(together) == len(words)
    for word, phones in zip(words, together, strict=True):
        (alone,) = ENGLISH.pronounce([word])
        shared = {phone.symbol for phone in phones if phone.symbol in CONSONANTS} & {
            phone.symbol for phone in alone if phone.symbol in CONSONANTS
        }
        consonants = [phone for phone in alone if phone.symbol in CONSONANTS]
        assert phones
        assert abs(len(phones) - len(alone)) <= 1, (word, phones, alone)
        assert len(shared) >= len({phone.symbol for phone in consonants}) - 1, (word, phones, alone)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([word for word in _COMMON if word.lower() not in "xi"]),
        min_size=2,
        max_size=12,
    )
)
def test_nothing_of_the_natural_reading_is_lost(words: list[str]) -> None:
    """The phones of the words in order are those that espeak-ng gives for the whole clause."""
    spelt = ["Nguyen" if word == "Nguyễn" else word for word in words]
    whole = "".join(Espeak.shared().ipa(" ".join(spelt), "en-us"))
    whole = whole.translate(str.maketrans("", "", "_ˈˌ")).replace("n̩", "ən")
    divided = "".join(phone.symbol for phones in ENGLISH.pronounce(words) for phone in phones)
    assert divided == whole


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=30), max_size=6))
def test_any_words_give_known_symbols(words: list[str]) -> None:
    """Whatever the words are, each has an entry, and every symbol and stress in it is of the
    inventory; the same again the next time.
    """
    first = ENGLISH.pronounce(words)
    assert len(first) == len(words)
    for phones in first:
        for phone in phones:
            assert phone.symbol in PHONEMES[2:]
            assert phone.stress == NO_STRESS or (
                phone.stress in (SECONDARY_STRESS, PRIMARY_STRESS) and phone.symbol in VOWELS
            )
    assert ENGLISH.pronounce(words) == first


def test_threads_get_what_one_alone_gets() -> None:
    """Two languages at once from many threads: nobody hears the other's."""
    jobs = [
        (language, [*_COMMON[start : start + 7], f"word{start}"])
        for start in range(0, 60, 3)
        for language in ("en-us", "de", "fr")
    ] * 4
    speakers = {language: EspeakPhonemiser(language) for language in ("en-us", "de", "fr")}
    alone = [speakers[language].pronounce(words) for language, words in jobs]
    fresh = {language: EspeakPhonemiser(language) for language in speakers}
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda job: fresh[job[0]].pronounce(job[1]), jobs))
    assert together == alone


@pytest.mark.parametrize(
    ("word", "phones"),
    [
        ("hello", "həl1oʊ"),
        ("world", "w1ɜːld"),
        ("speech", "sp1iːtʃ"),
        ("judge", "dʒ1ʌdʒ"),
        ("thing", "θ1ɪŋ"),
        ("this", "ð1ɪs"),
        ("measure", "m1ɛʒɚ"),
        ("butter", "b1ʌɾɚ"),
        ("button", "b1ʌʔən"),
        ("little", "l1ɪɾəl"),
        ("bird", "b1ɜːd"),
        ("car", "k1ɑːɹ"),
        ("four", "f1ɔːɹ"),
        ("fire", "f1aɪɚ"),
        ("near", "n1ɪɹ"),
        ("there", "ð1ɛɹ"),
        ("now", "n1aʊ"),
        ("boy", "b1ɔɪ"),
        ("day", "d1eɪ"),
        ("time", "t1aɪm"),
        ("moon", "m1uːn"),
        ("book", "b1ʊk"),
        ("cat", "k1æt"),
        ("dog", "d1ɑːɡ"),
        ("about", "ɐb1aʊt"),
        ("yes", "j1ɛs"),
        ("happy", "h1æpi"),
        ("twentieth", "tw1ɛntiəθ"),
        ("pronunciation", "pɹən2ʌnsɪ1eɪʃən"),
        ("rendezvous", "ɹ1ɑːndɪv2uː"),
        ("façade", "fəs1ɑːd"),
        ("Nguyễn", "n1uːjɛn"),
        ("don’t", "d1oʊnt"),
        ("well-known", "w1ɛln1oʊn"),
        ("McCoy", "mək1ɔɪ"),
    ],
)
def test_words(word: str, phones: str) -> None:
    assert said(word) == phones


@pytest.mark.parametrize(
    ("clause", "phones"),
    [
        ("the dog of the man", "ðə d1ɑːɡ ʌv ðə m1æn"),  # espeak-ng says "of the" as one
        ("the apple", "ðɪ 1æpəl"),  # "the" before a vowel
        ("out of a car", "2aʊɾ əv ɐ k1ɑːɹ"),  # linked and reduced, two words in one chunk
        ("in the end", "ɪn ðɪ 1ɛnd"),
        ("could have been", "k2ʊd ɐv b2ɪn"),
        ("such as it is", "s1ʌtʃ ɐz ɪɾ 1ɪz"),
        # one word of two chunks, two words of one: as many chunks as words
        (
            "McCoy was in the room",
            "mək1ɔɪ wʌz ɪn ðə ɹ1uːm",
        ),
        ("the father of it", "ðə f1ɑːðɚɹ ʌv ɪt"),
    ],
)
def test_words_in_context(clause: str, phones: str) -> None:
    assert said(clause) == phones


def test_letters_in_a_row_are_all_said() -> None:
    """espeak-ng leaves out the fourth of four equal ones."""
    assert said("x x x x x") == "1ɛks 1ɛks 1ɛks 1ɛks 1ɛks"
    assert said("W W W W") == " ".join(["d1ʌbəlj2uː"] * 4)


def test_heteronyms_by_context() -> None:
    """Left to espeak-ng, which looks at the words before."""
    assert said("to record it").split()[1] == "ɹᵻk1ɔːɹd"
    assert said("the record is").split()[1] == "ɹ1ɛkɚd"


@pytest.mark.parametrize(
    "word", ["", "'", "-", "日本", "Москва", "naïveм", "42", "a b", "\0", "\ud800", "(", "😀"]
)
def test_what_has_no_pronunciation_is_empty_and_harms_no_neighbour(word: str) -> None:
    assert ENGLISH.pronounce(["of", word, "the"]) == [
        *ENGLISH.pronounce(["of", "the"])[:1],
        (),
        *ENGLISH.pronounce(["of", "the"])[1:],
    ]


@pytest.mark.parametrize(
    "word", ["a" * 10_000, "supercalifragilistic" * 50, "ab-" * 3_000, "xz" * 400]
)
def test_long_words_are_said_to_the_end(word: str) -> None:
    """espeak-ng drops what is behind about sixty phones; nothing may be dropped here."""
    (phones,) = ENGLISH.pronounce([word])
    (half,) = ENGLISH.pronounce([word[: len(word) // 2]])
    assert len(phones) > 1.9 * len(half) > len(word) // 4


def test_another_language_is_spoken_with_the_nearest_phonemes() -> None:
    (schoen,) = EspeakPhonemiser("de").pronounce(["schön"])
    assert schoen == (
        Phone(symbol="ʃ", stress=NO_STRESS),
        Phone(symbol="ɜː", stress=PRIMARY_STRESS),
        Phone(symbol="n", stress=NO_STRESS),
    )


@pytest.mark.parametrize(
    "language", ["", "xx-nowhere", "../../etc/passwd", "en\0us", "EN US", "en-us "]
)
def test_unknown_languages_are_refused_by_name(language: str) -> None:
    with pytest.raises(InputError, match="has no language") as caught:
        EspeakPhonemiser(language)
    assert caught.value.field == "language"
    assert said("hello") == "həl1oʊ"
