"""Features per phoneme: the laws, then what each column says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocoder.config import CATEGORIES, POSITIONS, LinguisticConfig
from vocoder.text.features import (
    BREAKING,
    PHRASE_TYPES,
    WORD_POSITIONS,
    LinguisticFeatures,
    build_features,
    category_sizes,
    feature_hash,
)
from vocoder.text.inventory import CONSONANTS, PAUSE, PHONEMES, VOWELS
from vocoder.text.phonemes import NO_STRESS, PRIMARY_STRESS, SECONDARY_STRESS, Phone

_phone = st.builds(
    Phone,
    symbol=st.sampled_from((*VOWELS, *CONSONANTS)),
    stress=st.sampled_from((NO_STRESS, SECONDARY_STRESS, PRIMARY_STRESS)),
)
_word = st.tuples(st.lists(_phone, max_size=15), st.sampled_from(("", "", "", *sorted(BREAKING))))
_sentence = st.lists(_word, min_size=1, max_size=12).filter(
    lambda words: any(phones for phones, _ in words)
)


def column(features: LinguisticFeatures, name: str) -> list[int]:
    values: list[int] = features.categories[:, CATEGORIES.index(name)].tolist()
    return values


def position(features: LinguisticFeatures, name: str) -> list[float]:
    values: list[float] = features.positions[:, POSITIONS.index(name)].tolist()
    return values


def say(text: str) -> LinguisticFeatures:
    """Features of words written as phones joined by "-", with their marks: "h-aɪ, j-uː." """
    tokens = text.split()
    marks = [token[-1] if token[-1] in BREAKING else "" for token in tokens]
    words = [
        [
            Phone(symbol=symbol, stress=NO_STRESS)
            for symbol in token.rstrip(",;:.?!—").split("-")
            if symbol
        ]
        for token in tokens
    ]
    return build_features(words, marks)


@given(_sentence)
def test_shapes_types_and_ranges(sentence: list[tuple[list[Phone], str]]) -> None:
    features = build_features([phones for phones, _ in sentence], [mark for _, mark in sentence])
    count = features.num_phonemes
    assert features.categories.shape == (count, len(CATEGORIES))
    assert features.positions.shape == (count, len(POSITIONS))
    assert features.word_index.shape == (count,)
    assert (features.categories.dtype, features.positions.dtype, features.word_index.dtype) == (
        np.int64,
        np.float32,
        np.int64,
    )
    assert (features.categories >= 1).all()
    assert (features.categories < np.array(category_sizes())).all()
    assert ((features.positions >= 0) & (features.positions <= 1)).all()


@given(_sentence)
def test_every_phone_is_there_in_order_between_pauses(
    sentence: list[tuple[list[Phone], str]],
) -> None:
    words = [phones for phones, _ in sentence]
    features = build_features(words, [mark for _, mark in sentence])
    spoken = ~features.pauses
    assert [symbol for symbol in features.phonemes if symbol != PAUSE] == [
        phone.symbol for phones in words for phone in phones
    ]
    assert features.categories[spoken, 1].tolist() == [
        phone.stress for phones in words for phone in phones
    ]
    assert features.word_index[spoken].tolist() == [
        number for number, phones in enumerate(words) for _ in phones
    ]
    assert [PHONEMES[row] for row in column(features, "phoneme")] == list(features.phonemes)
    assert features.phonemes[0] == features.phonemes[-1] == PAUSE
    assert (features.pauses == [symbol == PAUSE for symbol in features.phonemes]).all()
    assert not (features.pauses[1:] & features.pauses[:-1]).any()  # one pause at a place


@given(_sentence)
def test_positions_grow(sentence: list[tuple[list[Phone], str]]) -> None:
    """Inside a word by phonemes, inside a phrase by words, inside a sentence by phrases."""
    features = build_features([phones for phones, _ in sentence], [mark for _, mark in sentence])
    assert (np.diff(features.positions[:, POSITIONS.index("phrase_in_sentence")]) >= 0).all()
    same_word = (features.word_index[1:] == features.word_index[:-1]) & ~features.pauses[1:]
    assert (np.diff(features.positions[:, POSITIONS.index("phoneme_in_word")])[same_word] > 0).all()
    inside = ~features.pauses[1:] & ~features.pauses[:-1]
    assert (np.diff(features.positions[:, POSITIONS.index("word_in_phrase")])[inside] >= 0).all()


@given(_sentence)
def test_the_same_words_give_the_same_features(sentence: list[tuple[list[Phone], str]]) -> None:
    first, second = (
        build_features([phones for phones, _ in sentence], [mark for _, mark in sentence])
        for _ in range(2)
    )
    assert (first.categories == second.categories).all()
    assert (first.positions == second.positions).all()
    assert first.phonemes == second.phonemes


def test_arrays_cannot_be_written_to() -> None:
    features = say("h-aɪ.")
    for array in (features.categories, features.positions, features.word_index):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_pauses_stand_at_marks_only() -> None:
    assert say("h-aɪ, j-uː ɡ-oʊ; ə.").phonemes == (
        "sil",
        "h",
        "aɪ",
        "sil",
        "j",
        "uː",
        "ɡ",
        "oʊ",
        "sil",
        "ə",
        "sil",
    )
    assert say("h-aɪ. j-uː").phonemes == ("sil", "h", "aɪ", "sil", "j", "uː", "sil")


def test_word_positions() -> None:
    names = [WORD_POSITIONS[value] for value in column(say("ə k-æ-t-s aɪ-m."), "word_position")]
    assert names == ["pause", "single", "begin", "middle", "middle", "end", "begin", "end", "pause"]


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        (",", "comma"), (";", "colon"), (":", "colon"), ("—", "colon"), (".", "statement"), ("?",
        "question"), ("!", "exclamation"), ("", "statement"),
    ],
)  # fmt: skip
def test_phrase_types(mark: str, kind: str) -> None:
    """By the mark that ends the phrase; a sentence without one is a statement."""
    values = [PHRASE_TYPES[value] for value in column(say(f"ə, h-aɪ{mark}"), "phrase_type")]
    assert values == ["comma", "comma", "comma", kind, kind, kind]


def test_positions_by_name() -> None:
    features = say("ə k-æ, t-iː-n.")
    assert position(features, "phoneme_in_word") == pytest.approx(
        [0, 0.5, 0.25, 0.75, 0, 1 / 6, 0.5, 5 / 6, 0]
    )
    assert position(features, "word_in_phrase") == pytest.approx(
        [0, 0.25, 0.75, 0.75, 0, 0.5, 0.5, 0.5, 0]
    )
    assert position(features, "phrase_in_sentence") == pytest.approx(
        [0, 0.25, 0.25, 0.25, 0.5, 0.75, 0.75, 0.75, 1]
    )
    assert position(features, "word_length") == pytest.approx(
        [0, 1 / 12, 2 / 12, 2 / 12, 0, 0.25, 0.25, 0.25, 0]
    )


def test_silent_words_keep_their_numbers_and_their_marks() -> None:
    words = [(Phone(symbol="ə", stress=NO_STRESS),), (), (Phone(symbol="ɪ", stress=NO_STRESS),), ()]
    features = build_features(words, ["", ",", "", "?"])
    assert features.word_index.tolist() == [-1, 0, -1, 2, -1]
    assert [PHRASE_TYPES[value] for value in column(features, "phrase_type")] == [
        "comma",
        "comma",
        "comma",
        "question",
        "question",
    ]


def test_sizes_fit_the_configuration() -> None:
    LinguisticConfig(category_sizes=category_sizes())
    assert category_sizes() == (len(PHONEMES), 4, 6, 7)


def test_the_hash_is_that_of_the_published_voices() -> None:
    """Whoever changes this makes every trained voice useless: do it knowingly, with a new release
    of each voice.
    """
    assert feature_hash() == "cc94ea4bd41500cc"
