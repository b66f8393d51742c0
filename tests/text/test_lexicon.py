"""Words that are said as somebody lists them."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vocoder.errors import InputError, TextError
from vocoder.text import (
    Analysis,
    Ipa,
    Lexicon,
    SpeechInput,
    Ssml,
    analyse,
    analyser_of,
    analysis_of,
    entries_needed,
)
from vocoder.text.lexicon import from_json, read_lexicon, to_json
from vocoder.text.phonemes import NO_STRESS, PRIMARY_STRESS, SECONDARY_STRESS

SEQUEL = ("s", "iː", "k", "w", "ə", "l")
LEXICON = Lexicon.of({"SQL": "ˈsiːkwəl", "Nguyen": "wɪn", "Bosch": "bɔʃ", "cat-fish": "ˌkætˈfɪʃ"})


def said(text: str, word: int, lexicon: Lexicon | None = LEXICON) -> tuple[str, ...]:
    features = analyse(text, lexicon=lexicon).sentences[0].features
    return tuple(
        phoneme
        for phoneme, of in zip(features.phonemes, features.word_index, strict=True)
        if of == word
    )


@pytest.mark.parametrize("text", ["SQL is old.", "sql, they said", "Sql!", '"SQL" it is'])
def test_a_word_is_said_as_it_is_listed_whatever_its_capitals(text: str) -> None:
    assert said(text, 0) == SEQUEL
    assert said(text, 0, None) != SEQUEL


@pytest.mark.parametrize(
    "word",
    [
        "Café",
        "Cafe\u0301",
        "ﬁne",
        "O’Neil",
        "Łódź",
        "straße",
        "Привет",
        "A",
        "may",
        "St",
        "three",
        "XIV",
    ],
)
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
    assert [phone.stress for phone in LEXICON.phones("cat-fish")] == [
        NO_STRESS,
        SECONDARY_STRESS,
        NO_STRESS,
        NO_STRESS,
        PRIMARY_STRESS,
        NO_STRESS,
    ]
    assert [phone.stress for phone in LEXICON.phones("nguyen")] == [
        NO_STRESS,
        PRIMARY_STRESS,
        NO_STRESS,
    ]


@pytest.mark.parametrize(
    "entries, why",
    [
        ({"Xhosa": "ǁɔːsa"}, "IPA of 'Xhosa' has 'ǁ', which the voice has no phoneme for"),
        ({"mute": "ˈ"}, "IPA of 'mute' has no phoneme"),
        ({"two words": "tuː"}, "'two words' is not one word"),
        ({"Polish": "pɔ", "polish": "pɑ"}, "'polish' twice"),
        ({"İstanbul": "ɪ"}, "'İstanbul' is not one word"),
        ({"long": "a" * 201}, "'long' has 201 characters"),
        ({"a": {"b": "c"}}, "must have for 'a' its IPA in a string"),
        ({"a": {"ipa": "ə", "alias": "b"}}, "must have for 'a'"),
        ({"a": 3}, "must have for 'a'"),
        ({"a": {"ipa": 3}}, "ipa of 'a' is not a string"),
        ({"a": {"alias": None}}, "alias of 'a' is not a string"),
        ({"a": {"alias": "…!"}}, "alias of 'a' has nothing that can be read"),
        ({"a": {"alias": "b\0"}}, "alias of 'a' has a character that cannot be printed"),
        ({"a": {"alias": "b" * 201}}, "alias of 'a' has 201 characters"),
        ({"42": "ə"}, "'42' is not one word"),
        ({"a-b-c-d-e-f-g-h-i": "ə"}, "is not one word"),
        ({"a" * 101: "ə"}, "is not one word"),
        (["a"], "not a JSON object"),
    ],
)
def test_what_is_wrong_is_named(entries: object, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        from_json(json.dumps(entries))
    assert caught.value.field == "lexicon"


def test_a_word_that_json_has_twice_is_refused() -> None:
    with pytest.raises(InputError, match="'a' twice"):
        from_json('{"a": "ə", "a": "eɪ"}')


@given(
    st.dictionaries(
        st.text(st.characters(categories=["L"]), max_size=5),
        st.text("aɪʃːˈk. xǁ", max_size=8),
        max_size=3,
    ),
    st.text(max_size=40),
)
def test_any_lexicon_is_refused_clearly_or_speaks_any_text(
    entries: dict[str, str], text: str
) -> None:
    try:
        lexicon = Lexicon.of(entries)
    except InputError:
        return
    for word, entry in zip(entries, lexicon.entries.values(), strict=True):
        assert said(word, 0, lexicon) == tuple(phone.symbol for phone in entry.phones)
    analyse(text, lexicon=lexicon)


ORGANISATION = Lexicon.of(
    {
        "WHO": {"alias": "World Health Org"},
        "Org": {"ipa": "zuːzuː"},
        "US": {"alias": "the US"},
        "Dr": {"alias": "Doctor US"},
    }
)


def words(text: str, lexicon: Lexicon) -> list[tuple[str, str]]:
    """Each word, and what is written where it was read from."""
    return [
        (word, sentence.text[slice(*place)] if place else "?")
        for sentence in analyse(text, lexicon=lexicon).sentences
        for word, place in zip(sentence.words, sentence.places, strict=True)
    ]


def test_a_word_is_read_as_its_alias_and_points_to_what_is_written() -> None:
    assert words("Ask the WHO, Bo.", ORGANISATION) == [
        ("ask", "Ask"), ("the", "the"), ("world", "WHO"), ("health", "WHO"), ("org", "WHO"), ("bo",
        "Bo"),
    ]  # fmt: skip
    assert said("Ask the WHO.", 4, ORGANISATION) == ("z", "uː", "z", "uː")
    assert said("Ask the WHO.", 2, ORGANISATION) == said("Ask the world", 2, None)
    assert words("WHO's plan", ORGANISATION)[2] == ("org's", "WHO's")
    assert said("WHO's plan", 2, ORGANISATION) == ("z", "uː", "z", "uː", "z")


def test_what_an_alias_says_is_normalised_like_any_text() -> None:
    lexicon = Lexicon.of({"fare": {"alias": "$5, Dr. Lee"}})
    assert words("The fare is", lexicon) == [
        ("the", "The"),
        ("five", "fare"),
        ("dollars", "fare"),
        ("doctor", "fare"),
        ("lee", "fare"),
        ("is", "is"),
    ]


def test_no_alias_leads_to_an_alias() -> None:
    assert [word for word, _ in words("In US. Dr Lee.", ORGANISATION)] == [
        "in",
        "the",
        "U",
        "S",
        "doctor",
        "U",
        "S",
        "lee",
    ]


@pytest.mark.parametrize("text", ["MP3 files", "mp3's", "GPT-4!", "K8s", "a 3D film"])
def test_words_may_have_digits(text: str) -> None:
    lexicon = Lexicon.of({"MP3": "zuː", "GPT-4": "zuː", "K8s": "zuː", "3D": "zuː"})
    assert said(text, 1 if text.startswith("a ") else 0, lexicon)[:2] == ("z", "uː")


def test_digits_behind_a_listed_word_are_read_as_ever() -> None:
    assert [word for word, _ in words("SQL3 and SQL-3", LEXICON)][:2] == ["sql", "three"]


def test_an_entry_says_nothing_of_compounds_that_it_is_part_of() -> None:
    chain = "a-b-c-d-e-f-g-h"
    lexicon = Lexicon.of({"cat": "zuː", chain: "zuː"})
    assert said(chain, 0, lexicon) == said(f"{chain}'s", 0, lexicon)[:2] == ("z", "uː")
    for text in ("cat-like", f"{chain}'s-i", f"{chain}-i"):
        assert said(text, 0, lexicon) == said(text, 0, None)


def test_one_lexicon_lies_over_another() -> None:
    over = Lexicon.of({"sql": {"alias": "squirrel"}}).over(LEXICON)
    assert [word for word, _ in words("SQL of Nguyen", over)] == ["squirrel", "of", "nguyen"]
    assert said("SQL of Nguyen", 2, over) == said("Nguyen", 0)
    assert Lexicon().over(LEXICON) is LEXICON
    assert LEXICON.over(None) is LEXICON


def test_aliases_count_against_the_limit_of_a_text() -> None:
    lexicon = Lexicon.of({"a": {"alias": "b" * 100}})
    lexicon.check_length("a a a", limit=305)
    lexicon.check_length("a a a", limit=None)
    with pytest.raises(TextError, match="has 305 characters with the aliases"):
        lexicon.check_length("a a a", limit=304)


WRITTEN = st.text(st.sampled_from(list("aAbB3'’-­. \n\u0301ééﬁ｀、Ⅻ²\u200dनम")), max_size=25)
KEYS = st.text(st.sampled_from("abéфन3'-"), min_size=1, max_size=5)
SAID = st.sampled_from(["zuː", {"alias": "a b-a 3"}, {"alias": "A's é3"}])


DOCUMENT = (
    "<speak>{} <sub alias='A b a-b 3'>é3</sub> <say-as interpret-as='date'>3 May</say-as> "
    "<w>a<emphasis>b</emphasis></w> <phoneme ph='ə'>b</phoneme></speak>"
)


def asked(given: SpeechInput, lexicon: Lexicon) -> Lexicon:
    return entries_needed(given, lexicon, language="en-us", voice="tiny", speakers=("anna",))


@settings(deadline=None)  # espeak-ng reads some of these slowly
@given(st.dictionaries(KEYS, SAID, max_size=6), WRITTEN, st.booleans())
def test_what_a_text_asks_for_is_all_that_counts(
    entries: dict[str, object], text: str, marked_up: bool
) -> None:
    try:
        lexicon = Lexicon.of(entries)
    except InputError:
        return
    said: SpeechInput = Ssml(DOCUMENT.format(text)) if marked_up else text

    def read(lexicon: Lexicon) -> Analysis:
        return analysis_of(
            analyser_of(said, language="en-us", voice="tiny", speakers=("anna",), lexicon=lexicon)
        )

    part = asked(said, lexicon)
    whole, small = read(lexicon), read(part)
    assert [one.words for one in whole.sentences] == [one.words for one in small.sentences]
    assert [one.features.phonemes for one in whole.sentences] == [
        one.features.phonemes for one in small.sentences
    ]
    assert whole.skipped == small.skipped
    assert asked(said, part).digest == part.digest


def test_only_what_a_text_asks_for_is_kept() -> None:
    assert set(asked("The WHO's", ORGANISATION).entries) == {"who", "org"}
    assert set(asked("a cat-fish of SQL's", LEXICON).entries) == {"cat-fish", "sql"}
    assert not asked("a cat", LEXICON)
    assert not asked(Ipa("ə"), LEXICON)
    assert set(
        asked(
            Ssml("<speak>The <sub alias='SQL'>WHO</sub> <break/></speak>"),
            Lexicon.of({"break": "ə", "SQL": "ə", "WHO": "ə"}),
        ).entries
    ) <= {"sql"}


def test_what_a_number_is_read_as_asks_too() -> None:
    lexicon = Lexicon.of({"dollars": "zuː", "kilometers": "zuː", "doctor": "zuː", "cents": "zuː"})
    text = "Dr. Lee ran 5 km for $5."
    assert set(asked(text, lexicon).entries) == {"dollars", "kilometers", "doctor"}
    assert said(text, 0, lexicon) == ("z", "uː")


def test_asking_leaves_the_lexicon_as_it_is() -> None:
    before = dict(ORGANISATION.entries)
    asked("The WHO's", ORGANISATION)
    assert ORGANISATION.entries == before


def test_a_long_chain_is_looked_through_in_time_proportional_to_its_length() -> None:
    began = time.perf_counter()
    LEXICON.check_length("a-" * 100_000, limit=1_000_000)
    assert time.perf_counter() - began < 5


def test_json_is_written_as_it_is_read() -> None:
    assert from_json(to_json(ORGANISATION)) == ORGANISATION
    assert read_lexicon(to_json(ORGANISATION).encode()) == ORGANISATION
    assert (
        to_json(Lexicon.of({"b": "zuː", "A": {"alias": "c"}}))
        == '{\n"A": {\n"alias": "c"\n},\n"b": "zuː"\n}\n'
    )


def test_json_in_another_encoding_is_refused() -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        read_lexicon(b'{"a": "\xe9"}')
