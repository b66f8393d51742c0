"""Text to features, whole."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from vocoder.errors import InputError
from vocoder.text import Analysis, analyse
from vocoder.text.features import category_sizes
from vocoder.text.inventory import PAUSE
from vocoder.text.sentences import LONGEST_SENTENCE

# lone surrogates too
_any_text = st.text(alphabet=st.characters(exclude_categories=()), max_size=200)
_lively = st.lists(
    st.sampled_from(
        [
            "Hello",
            " ",
            "the",
            " of ",
            ". ",
            ", ",
            "?",
            "!",
            "\n",
            "\0",
            "\ud800",
            "\u202e",
            "a\u0301\u0337\u0337",
            "日本",
            "😀",
            "👩\u200d🚀",
            "$3.50",
            "3/4",
            "(",
            '"',
            "—",
            "'",
        ]
    ),
    max_size=40,
).map("".join)


def phonemes(text: str) -> list[str]:
    return [" ".join(sentence.features.phonemes) for sentence in analyse(text).sentences]


def same(one: Analysis, other: Analysis) -> bool:
    return one.skipped == other.skipped and [
        (
            s.text,
            s.start,
            s.end,
            s.words,
            s.features.phonemes,
            s.features.categories.tobytes(),
            s.features.positions.tobytes(),
        )
        for s in one.sentences
    ] == [
        (
            s.text,
            s.start,
            s.end,
            s.words,
            s.features.phonemes,
            s.features.categories.tobytes(),
            s.features.positions.tobytes(),
        )
        for s in other.sentences
    ]


@settings(max_examples=400, deadline=None)
@given(st.one_of(_any_text, _lively))
@example("\0")
@example("\ud800")
@example("z" + "\u0337" * 500)
@example("\u202egnirts")
@example(". . . ?! …")
@example("A")
def test_any_text_is_taken_apart(text: str) -> None:
    """Nothing crashes, whatever comes; what comes out keeps its promises, and is the same each
    time.
    """
    analysis = analyse(text)
    last = 0
    for sentence in analysis.sentences:
        features = sentence.features
        assert last <= sentence.start < sentence.end <= len(text)
        last = sentence.end
        assert len(sentence.text) <= LONGEST_SENTENCE
        sentence.text.encode("utf-8")
        assert features.phonemes[0] == features.phonemes[-1] == PAUSE
        assert features.num_phonemes >= 3
        assert (features.categories < np.array(category_sizes())).all()
        assert features.word_index.max() < len(sentence.words)
        assert all(word and not set(word) & set(" ,;:.?!—") for word in sentence.words)
    for skipped in analysis.skipped:
        assert 0 <= skipped.start < len(text)
        assert skipped.text
        skipped.text.encode("utf-8")
        assert skipped.reason
    assert [skipped.start for skipped in analysis.skipped] == sorted(
        skipped.start for skipped in analysis.skipped
    )
    assert same(analyse(text), analysis)


@settings(max_examples=100, deadline=None)
@given(st.one_of(_any_text, _lively))
def test_every_word_is_spoken_or_reported(text: str) -> None:
    analysis = analyse(text)
    reported = {skipped.text for skipped in analysis.skipped}
    for sentence in analysis.sentences:
        spoken = set(sentence.features.word_index.tolist())
        for number, word in enumerate(sentence.words):
            assert number in spoken or word in reported


@pytest.mark.parametrize(
    "text",
    [
        "a" * 10_000,
        "é" * 10_000,
        "W" * 10_000,
        "日" * 10_000,
        "z" + "\u0337" * 10_000,
        "7" * 10_000,
        "a-" * 5_000,
        "😀" * 3_000,
        "(. " * 3_000,
    ],
)
def test_very_long_words_take_no_longer_than_their_sound_would(text: str) -> None:
    started = time.process_time()
    analyse(text)
    assert time.process_time() - started < 20


def test_threads_get_what_one_alone_gets() -> None:
    texts = [
        f"The {word} of the {number} others is over; isn't it?"
        for number in range(12)
        for word in ("end", "apple", "McCoy's", "日本")
    ]
    alone = [analyse(text) for text in texts]
    with ThreadPoolExecutor(12) as pool:
        together = list(pool.map(analyse, texts))
    assert all(same(one, other) for one, other in zip(alone, together, strict=True))


@pytest.mark.parametrize(
    "text", ["", " ", "\n", "...", "?!", "😶\u200d\U000e0001", "\0\x01", "()", "日本語"]
)
def test_nothing_to_say_is_an_empty_result(text: str) -> None:
    assert analyse(text).sentences == ()


def test_a_text() -> None:
    analysis = analyse("Hello, world! How are you?")
    assert analysis.skipped == ()
    assert [
        (sentence.text, sentence.start, sentence.end, sentence.words)
        for sentence in analysis.sentences
    ] == [
        ("Hello, world!", 0, 13, ("hello", "world")),
        ("How are you?", 14, 26, ("how", "are", "you")),
    ]
    assert phonemes("Hello, world! How are you?") == [
        "sil h ə l oʊ sil w ɜː l d sil",
        "sil h aʊ ɑː ɹ j uː sil",
    ]


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("father, and", "f ɑː ð ɚ sil æ n d"),  # nothing is linked across a pause
        ("father of it", "f ɑː ð ɚ ɹ ʌ v ɪ t"),  # but inside a phrase it is
        ("vitamin A helps", "v aɪ ɾ ə m ɪ n eɪ h ɛ l p s"),  # the letter, not the article
        ("a cat", "ɐ k æ t"),
        ("the U.S. is", "ð ə j uː ɛ s ɪ z"),
        ("wow — really (so)", "w aʊ sil ɹ i ə l i sil s oʊ"),
        ("Nguyễn naïve", "n uː j ɛ n n aɪ iː v"),
    ],
)
def test_phrases(text: str, spoken: str) -> None:
    assert phonemes(text) == [f"sil {spoken} sil"]


def test_what_is_skipped_is_reported_where_it_stands() -> None:
    text = "Tell 日本 and\0 Мир: 𝔐ир 😀\u2066 \ue000!"
    skipped = {(one.text, one.start): one.reason for one in analyse(text).skipped}
    script = "is in a script that this language is not written in"
    assert skipped[("日本", 5)] == script
    assert skipped[("U+0000", 11)] == "is a control character"
    assert skipped[("мир", 13)] == script
    assert skipped[("mир", 18)] == script
    assert skipped[("U+E000", 25)] == "is a private character without a meaning of its own"
    assert analyse(text).sentences[0].words[:3] == ("tell", "日本", "and")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(InputError, match="xx") as caught:
        analyse("Hello.", language="xx")
    assert caught.value.field == "language"


PLACES = [
    ("He  paid\n$5 to Dr. Lee.", [("he", "He"), ("paid", "paid"), ("five", "$5"), ("dollars", "$5"),
    ("to", "to"), ("doctor", "Dr."), ("lee", "Lee")]),
    ("A\u0301na\u00ad\u200b saw “O’Neill” at 3½ …", [
        ("ána", "A\u0301na"), ("saw", "saw"), ("o'neill", "O’Neill"), ("at", "at"), ("three", "3½"),
        ("and", "3½"), ("a", "3½"), ("half", "3½"),
    ]),
    ("A4 by Smith et al. x² ™", [
        ("a-four", "A4"), ("by", "by"), ("smith", "Smith"), ("and", "et al."), ("others", "et al."),
        ("x", "x"), ("squared", "²"), ("trademark", "™"),
    ]),
    ("No\0 \ud800yes \u4f60\u597d day", [("no", "No"), ("yes", "yes"), ("\u4f60\u597d",
    "\u4f60\u597d"), ("day", "day")]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"), PLACES, ids=[row[0].encode("ascii", "replace").decode() for row in PLACES]
)
def test_words_know_where_they_were_written(text: str, expected: list[tuple[str, str]]) -> None:
    (sentence,) = analyse(text).sentences
    assert len(sentence.origins) == len(sentence.text)
    found, given_text = [], []
    for word, place in zip(sentence.words, sentence.places, strict=True):
        assert place is not None
        found.append((word, sentence.text[slice(*place)]))
        given_text.append(text[sentence.origins[place[0]] : sentence.origins[place[1] - 1] + 1])
    assert found == expected
    assert given_text == [written for _, written in expected]
