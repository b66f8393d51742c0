"""What each element does to what is spoken."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.text.ssml.reading import one, read, spoken
from vocoder.text import Ipa, Sentence, analyse, analyser_of, analysis_of
from vocoder.text.lexicon import Lexicon
from vocoder.text.script import Pitch


def phonemes(sentence: Sentence) -> str:
    return " ".join(sentence.features.phonemes)


def pauses(sentence: Sentence) -> list[tuple[str, float]]:
    """The pauses of a length that was asked for, each with the word before it."""
    assert sentence.delivery is not None
    owners = sentence.features.word_index.tolist()
    return [
        (sentence.words[owners[place - 1]] if place else "", float(seconds))
        for place, seconds in enumerate(sentence.delivery.pauses)
        if not math.isnan(seconds)
    ]


def style_of(inside: str, word: str) -> tuple[float, Pitch, float, float]:
    """Rate, pitch, spread and gain of a word."""
    sentence = one(inside)
    assert sentence.delivery is not None
    style = sentence.delivery.styles[
        sentence.features.word_index.tolist().index(sentence.words.index(word))
    ]
    return style.rate, style.pitch, style.spread, style.gain


def test_a_document_of_nothing_but_text_is_read_as_the_text() -> None:
    text = (
        ("Dr. Lee paid $5 on 3/4/2021.\n\nWhat a day! He said \u201cyes\u201d & left \ud83d\ude00")
        .encode("utf-16", "surrogatepass")
        .decode("utf-16")
    )
    plain, marked = analyse(text), read(text.replace("&", "&amp;"))
    assert len(plain.sentences) == 3
    for before, after in zip(plain.sentences, marked.sentences, strict=True):
        assert (before.text, before.words, before.places, before.rises, before.ends_paragraph) == (
            after.text, after.words, after.places, after.rises, after.ends_paragraph,
        )  # fmt: skip
        np.testing.assert_array_equal(before.features.categories, after.features.categories)
        np.testing.assert_array_equal(before.features.positions, after.features.positions)
    assert [(one.text, one.reason) for one in plain.skipped] == [
        (one.text, one.reason) for one in marked.skipped
    ]


ROOTS = [
    "<speak>",
    '<speak version="1.1">',
    (
        '<?xml version="1.0" encoding="UTF-8"?>\n<speak version="1.0" '
        'xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="en-US">'
    ),
    (
        '<speak version="1.1" xmlns="http://www.w3.org/2001/10/synthesis" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'xsi:schemaLocation="http://www.w3.org/2001/10/synthesis synthesis.xsd" xml:lang="en">'
    ),
    '<?xml-stylesheet href="x"?><!-- a comment --><speak xml:base="http://example.com/">',
    '<?xml version="1.0" encoding="UTF-16"?><speak>',
]


@pytest.mark.parametrize("root", ROOTS, ids=range(len(ROOTS)))
def test_roots(root: str) -> None:
    assert [
        sentence.words
        for sentence in read("Hi <!-- no --> <![CDATA[you & me]]>.", root=root).sentences
    ] == [("hi", "you", "and", "me")]


def test_a_prefix_of_ones_own_for_ssml() -> None:
    document = (
        '<x:speak xmlns:x="http://www.w3.org/2001/10/synthesis">Hi <x:sub '
        'alias="you">me</x:sub></x:speak>'
    )
    from vocoder.text import Ssml

    (sentence,) = analysis_of(
        analyser_of(Ssml(document), language="en-us", voice="tiny", speakers=())
    ).sentences
    assert sentence.words == ("hi", "you")


def test_characters_are_found_again_in_the_document() -> None:
    document = (
        "\U0001d11e AT&amp;T \u00e9t&#233; <emphasis>pays</emphasis>\r\n&#x24;5 to <sub "
        "alias='World Wide Web'>WWW</sub>, <phoneme ph='təˈmeɪtoʊ'/>."
    )
    (sentence,) = read(document, root="<speak>").sentences
    whole = f"<speak>{document}</speak>"
    found = [
        (word, whole[sentence.origins[place[0]] : sentence.origins[place[1] - 1] + 1])
        for word, place in zip(sentence.words, sentence.places, strict=True)
        if place is not None
    ]
    assert found == [
        ("A", "AT&amp;T"), ("T", "AT&amp;T"), ("and", "AT&amp;T"), ("T", "AT&amp;T"), ("été",
        "\u00e9t&"), ("pays", "pays"), ("five", "&#x24;5"),
        ("dollars", "&#x24;5"), ("to", "to"), ("world", "WWW"), ("wide", "WWW"), ("web", "WWW"),
        ("təˈmeɪtoʊ", "<phoneme ph='təˈmeɪtoʊ'/>"),
    ]  # fmt: skip
    assert list(sentence.origins) == sorted(sentence.origins)


def test_paragraphs_and_sentences() -> None:
    analysis = read("<p>One two. Three</p> <p><s>Mr. Lee. Yes? No</s> <s>four</s></p> five")
    assert [" ".join(sentence.words) for sentence in analysis.sentences] == [
        "one two",
        "three",
        "mister lee yes no",
        "four",
        "five",
    ]
    assert [sentence.ends_paragraph for sentence in analysis.sentences] == [
        False,
        True,
        False,
        True,
        False,
    ]
    assert [sentence.text for sentence in read("<p>One</p>").sentences] == ["One"]


def test_tags_part_words_but_not_inside_w() -> None:
    assert spoken("cup<break time='0s'/>board") == "cup board"
    assert spoken("cup<mark name='a'/>board") == "cup board"
    assert (
        spoken("<w>cup<emphasis>board</emphasis></w> <token>air<mark name='m'/>port</token>")
        == "cupboard airport"
    )
    assert (
        spoken("<emphasis>Wow</emphasis>! <emphasis>No</emphasis>, $<emphasis>5</emphasis>")
        == "wow | no five dollars"
    )


def test_sub_says_another_text() -> None:
    assert (
        spoken("The <sub alias='World Wide Web Consortium'>W3C</sub> meets.")
        == "the world wide web consortium meets"
    )
    assert (
        spoken("(<sub alias='10 km'>far</sub>), <sub alias='Mister'>Mr.</sub> X")
        == "ten kilometers mister X"
    )
    assert (
        spoken("The <sub alias='Consortium'>W3C</sub>\u2019s site, the <sub alias='bus'>B</sub>'s.")
        == "the consortium's site the bus's"
    )
    assert spoken("<sub alias='hello'/> you <sub alias=''>gone</sub>") == "hello you"
    assert spoken("<sub alias='world'>W</sub>-based") == "world based"
    shown = one("<sub alias='hello'/> you")
    assert shown.text == "hello you"
    assert phonemes(one("<sub alias='Wait.'>W</sub> no")) == "sil w eɪ t sil n oʊ sil"


def test_phoneme_says_ipa() -> None:
    assert (
        phonemes(one("<phoneme alphabet='ipa' ph='pɪˈkɑːn'>pecan</phoneme>."))
        == "sil p ɪ k ɑː n sil"
    )
    assert one("<phoneme ph='pɪˈkɑːn'>pecan</phoneme>.").words == ("pecan",)
    both = one("<phoneme ph='pɪˈkɑːn paɪ'>Pecan pie,</phoneme> yes")
    assert both.words == ("pecan", "pie", "yes")
    assert phonemes(both) == "sil p ɪ k ɑː n p aɪ sil j ɛ s sil"
    assert one("<phoneme ph='pɪˈkɑːn'>New York</phoneme>").words == ("new-york",)
    assert phonemes(one("<phoneme ph='kæt'>X</phoneme>'s")) == "sil k æ t s sil"
    assert one("<phoneme ph='h\u0259\u02c8lo\u028a'/>").words == ("h\u0259\u02c8lo\u028a",)
    stressed = (
        one("<phoneme ph='h\u0259\u02c8lo\u028a'>hello</phoneme>")
        .features.categories[:, 1]
        .tolist()
    )
    assert stressed == [1, 1, 1, 1, 3, 1]


def test_a_lexicon_counts_where_the_document_does_not_say_otherwise() -> None:
    lexicon = Lexicon.of({"SQL": "ˈsiːkwəl"})
    (sentence,) = read("SQL or <sub alias='query'>SQL</sub>", lexicon=lexicon).sentences
    assert sentence.words == ("sql", "or", "query")
    assert "s iː k w ə l" in phonemes(sentence)


SAID: list[tuple[str, str, str, str]] = [
    ("characters", "", "SSML 1@", "S S M L one at"),
    ("spell-out", "", "a-é", "A dash E"),
    ("characters", "", "☃", "snowman"),
    ("cardinal", "", "-1,234.5", "minus one thousand two hundred thirty-four point five"),
    ("cardinal", "", "1999", "one thousand nine hundred ninety-nine"),
    ("number", "", "1/2", "one half"),
    ("number", "ordinal", "3", "third"),
    ("ordinal", "", "22", "twenty-second"),
    ("ordinal", "", "1st", "first"),
    ("digits", "", "407-1", "four zero seven one"),
    ("fraction", "", "1+1/2", "one and a half"),
    ("telephone", "", "(781) 771-7777", "seven eight one seven seven one seven seven seven seven"),
    ("telephone", "39", "06 123", "plus three nine zero six one two three"),
    (
        "telephone",
        "",
        "2122241555 ext. 12",
        "two one two two two four one five five five extension one two",
    ),
    ("date", "mdy", "3/4/2021", "march fourth twenty twenty-one"),
    ("date", "dmy", "3/4/2021", "april third twenty twenty-one"),
    ("date", "ymd", "2021-03-04", "march fourth twenty twenty-one"),
    ("date", "yyyymmdd", "20210304", "march fourth twenty twenty-one"),
    ("date", "dmy", "4 Sep 1960", "september fourth nineteen sixty"),
    ("date", "md", "03.14", "march fourteenth"),
    ("date", "dm", "3.12.", "december third"),
    ("date", "my", "5/1999", "may nineteen ninety-nine"),
    ("date", "y", "1905", "nineteen oh five"),
    ("date", "d", "4", "fourth"),
    ("date", "", "March 4, 2021", "march fourth twenty twenty-one"),
    ("date", "", "2021-03-04", "march fourth twenty twenty-one"),
    ("time", "", "2:30pm", "two thirty P M"),
    ("time", "hms12", "2:30pm", "two thirty P M"),
    ("time", "hms24", "14:05", "fourteen oh five"),
    ("time", "", "1'21\"", "one minute twenty-one seconds"),
    ("time", "h", "9", "nine o'clock"),
    ("currency", "", "$45.30", "forty-five dollars and thirty cents"),
    ("currency", "USD", "45", "forty-five U S dollars"),
    ("unit", "", "10 ft", "ten feet"),
    (
        "address",
        "",
        "150 Main St., 10001-1234",
        "one fifty main street one zero zero zero one one two three four",
    ),
]


@pytest.mark.parametrize(
    ("interpretation", "form", "content", "expected"), SAID, ids=range(len(SAID))
)
def test_say_as(interpretation: str, form: str, content: str, expected: str) -> None:
    attribute = f" format='{form}'" if form else ""
    said = spoken(f"So <say-as interpret-as='{interpretation}'{attribute}> {content} </say-as>, no")
    assert said == f"so {expected} no"


WRONG: list[tuple[str, str, str, str]] = [
    ("cardinal", "", "many", "is no number"),
    ("cardinal", "x", "1", "a cardinal has no format 'x'"),
    ("ordinal", "", "1.5", "is no whole number"),
    ("digits", "", "12a", "has other characters than digits"),
    ("fraction", "", "1/0", "is no fraction"),
    ("telephone", "", "call me", "is no telephone number"),
    ("telephone", "us", "555", "telephone has no format 'us'"),
    ("date", "mdy", "13/40/2021", "is no date of the format mdy"),
    ("date", "mdy", "soon", "is no date of the format mdy"),
    ("date", "dmyx", "1.1.2000", "date has no format 'dmyx'"),
    ("date", "", "soon", "is no date that can be told without a format"),
    ("time", "", "25:00", "is no time of day"),
    ("time", "soon", "9", "time has no format 'soon'"),
    ("currency", "", "5", "is no amount of a currency that is known"),
    ("unit", "", "5 zorkmids", "is no amount of a unit that is known"),
]


@pytest.mark.parametrize(
    ("interpretation", "form", "content", "message"), WRONG, ids=range(len(WRONG))
)
def test_what_is_not_what_it_is_said_to_be_is_refused(
    interpretation: str, form: str, content: str, message: str
) -> None:
    from vocoder.errors import TextError

    with pytest.raises(TextError, match=message):
        read(f"<say-as interpret-as='{interpretation}' format='{form}'>{content}</say-as>")


def test_breaks_are_pauses_of_their_length_where_they_stand() -> None:
    sentence = one("One <break time='1.5s'/> two, <break time='300ms'/> three <break/> four.")
    assert pauses(sentence) == [("one", 1.5), ("two", 0.3), ("three", 0.75)]
    assert phonemes(sentence) == "sil w ʌ n sil t uː sil θ ɹ iː sil f ɔː ɹ sil"
    assert pauses(one("<break strength='strong'/> one")) == [("", 1.0)]
    assert pauses(one("one <break strength='none'/>")) == [("one", 0.0)]
    assert pauses(one("one <break time='1s'/> <break time='1s'/> two")) == [("one", 2.0)]
    assert pauses(one("one <break time='1s' strength='weak'/> two")) == [("one", 1.0)]


def test_a_break_between_two_sentences_takes_the_pauses_of_both() -> None:
    first, second = read("One. <break time='2s'/> Two.").sentences
    assert pauses(first) == [("one", 2.0)]
    assert pauses(second) == [("", 0.0)]
    first, second = read("One <break time='2s'/>. Two.").sentences
    assert (pauses(first), pauses(second)) == ([("one", 2.0)], [("", 0.0)])
    first, second = read("One. ... <break time='2s'/> Two.").sentences
    assert (pauses(first), pauses(second)) == ([("one", 2.0)], [("", 0.0)])


def test_nothing_is_read_across_a_break() -> None:
    assert spoken("5 <break/> km") == "five km"
    assert phonemes(one("father <break/> of it")) == "sil f ɑː ð ɚ sil ʌ v ɪ t sil"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ("rate='slow'", (0.64, Pitch(), 1.0, 1.0)),
        ("rate='150%'", (1.5, Pitch(), 1.0, 1.0)),
        ("rate='1.5'", (1.5, Pitch(), 1.0, 1.0)),
        ("rate='-20%'", (0.8, Pitch(), 1.0, 1.0)),
        ("pitch='+12st'", (1.0, Pitch(scale=2.0), 1.0, 1.0)),
        ("pitch='-10%'", (1.0, Pitch(scale=0.9), 1.0, 1.0)),
        ("pitch='+15.5Hz'", (1.0, Pitch(offset_hz=15.5), 1.0, 1.0)),
        ("pitch='200Hz'", (1.0, Pitch(scale=0.0, offset_hz=200.0), 1.0, 1.0)),
        ("pitch='x-high'", (1.0, Pitch(scale=1.45), 1.0, 1.0)),
        ("range='+50%'", (1.0, Pitch(), 1.5, 1.0)),
        ("range='x-low'", (1.0, Pitch(), 0.4, 1.0)),
        ("volume='+6dB'", (1.0, Pitch(), 1.0, 10 ** (6 / 20))),
        ("volume='soft'", (1.0, Pitch(), 1.0, 10 ** (-6 / 20))),
        ("volume='silent'", (1.0, Pitch(), 1.0, 0.0)),
        ("volume='50'", (1.0, Pitch(), 1.0, 0.5)),
        ("volume='-20%'", (1.0, Pitch(), 1.0, 0.8)),
        ("rate='fast' pitch='low' volume='loud'", (1.55, Pitch(scale=0.8), 1.0, 10 ** (3 / 20))),
    ],
)
def test_prosody(attributes: str, expected: tuple[float, Pitch, float, float]) -> None:
    inside = f"One <prosody {attributes}>two</prosody> three"
    rate, pitch, spread, gain = style_of(inside, "two")
    assert (rate, spread, gain) == pytest.approx((expected[0], expected[2], expected[3]))
    assert (pitch.scale, pitch.offset_hz) == pytest.approx(
        (expected[1].scale, expected[1].offset_hz)
    )
    assert style_of(inside, "one") == style_of(inside, "three") == (1.0, Pitch(), 1.0, 1.0)


def test_changes_with_a_sign_count_from_what_is_around_and_others_from_the_voice() -> None:
    outer = (
        "<prosody rate='50%' pitch='200Hz' volume='50'>one <prosody rate='{}' pitch='{}' "
        "volume='{}'>two</prosody></prosody>"
    )
    assert style_of(outer.format("+20%", "+10Hz", "+20%"), "two") == pytest.approx(
        (0.6, Pitch(scale=0.0, offset_hz=210.0), 1.0, 0.6)
    )
    assert style_of(outer.format("200%", "high", "loud"), "two") == (
        2.0,
        Pitch(scale=1.2),
        1.0,
        pytest.approx(10 ** (3 / 20)),
    )


def test_emphasis_is_slower_higher_and_louder_or_the_reverse() -> None:
    strong, moderate, plain = (
        style_of(f"so <emphasis{level}>one</emphasis>", "one")
        for level in (" level='strong'", "", " level='none'")
    )
    reduced = style_of("so <emphasis level='reduced'>one</emphasis>", "one")
    assert strong[0] < moderate[0] < plain[0] == 1.0 < reduced[0]
    assert strong[1].scale > moderate[1].scale > plain[1].scale == 1.0 > reduced[1].scale
    assert strong[3] > moderate[3] > plain[3] == 1.0 > reduced[3]
    assert (
        style_of(
            "<emphasis level='strong'>a <emphasis level='none'>one</emphasis></emphasis>", "one"
        )
        == plain
    )
    both = style_of("<prosody rate='50%'><emphasis level='strong'>one</emphasis></prosody>", "one")
    assert both[0] == pytest.approx(0.5 * strong[0])


def test_voices_are_speakers_each_in_sentences_of_its_own() -> None:
    analysis = read(
        "He said <voice name='otto'>no way</voice> and <voice name='tiny'>left</voice> <voice "
        "name='eve anna'>home</voice>."
    )
    speakers = [
        (" ".join(sentence.words), sentence.delivery.speaker)
        for sentence in analysis.sentences
        if sentence.delivery is not None
    ]
    assert speakers == [
        ("he said", None),
        ("no way", 1),
        ("and", None),
        ("left", None),
        ("home", 0),
    ]


@pytest.mark.parametrize("language", ["en-US", "en", "en_us", "EN-us"])
def test_the_voice_s_own_language_is_accepted(language: str) -> None:
    assert (
        spoken(
            f"<p xml:lang='{language}'><lang xml:lang='{language}'>Hi</lang> <voice "
            f"xml:lang='{language}'>you</voice></p>"
        )
        == "hi | you"
    )


def test_meta_is_passed_over() -> None:
    assert (
        spoken(
            "<meta name='a' content='b'/><metadata><x xmlns='urn:x'>no <break/></x></metadata>Hi"
        )
        == "hi"
    )


def marks(inside: str) -> list[tuple[int, str, str]]:
    """Sentence, name and the phoneme that the mark stands before; "" for the sentence's end."""
    found = []
    for number, sentence in enumerate(read(inside).sentences):
        assert sentence.delivery is not None
        found += [
            (
                number,
                mark.name,
                " ".join(sentence.features.phonemes[mark.phoneme : mark.phoneme + 2]),
            )
            for mark in sentence.delivery.marks
        ]
    return found


def test_marks_are_where_the_next_word_or_the_break_begins() -> None:
    assert marks(
        "<mark name='a'/>Hi <mark name='b'/>you, <mark name='c'/>no<mark name='d'/>. "
        "<mark name='e'/>Go <mark name='f'/>"
    ) == [
        (0, "a", "sil h"), (0, "b", "j uː"), (0, "c", "n oʊ"), (0, "d", "sil"), (0, "e", ""),
        (1, "f", ""),
    ]  # fmt: skip
    assert marks("Hi <mark name='a'/><break/><mark name='b'/> you") == [
        (0, "a", "sil j"),
        (0, "b", "j uː"),
    ]
    assert marks(
        "<mark name='a'/><break/><mark name='b'/> you.<mark name='c'/><break/><mark name='d'/> Go"
    ) == [
        (0, "a", "sil j"), (0, "b", "j uː"), (0, "c", "sil"), (0, "d", ""),
    ]  # fmt: skip
    assert marks(
        "It costs $<mark name='a'/>5, <sub alias='or so'>o</sub> <mark name='b'/><sub "
        "alias='be'>b</sub>"
    ) == [(0, "a", "f aɪ"), (0, "b", "b iː")]


def test_marks_change_nothing_else() -> None:
    plain, marked = (
        one("Hi you, no. 5 km"),
        one(
            "<mark name='x'/>Hi <mark name='x'/>you<mark name='x'/>, no. 5<mark name='x'/> "
            "km<mark name='x'/>"
        ),
    )
    assert plain.words == marked.words
    np.testing.assert_array_equal(plain.features.categories, marked.features.categories)


def test_phonemes_in_place_of_a_text() -> None:
    analysis = analysis_of(
        analyser_of(
            Ipa("həˈloʊ, ˈwɜːld. ˈhaʊ ˈɑːɹ juː? hə.ˈloʊ"),
            language="en-us",
            voice="tiny",
            speakers=(),
        )
    )
    assert [phonemes(sentence) for sentence in analysis.sentences] == [
        "sil h ə l oʊ sil w ɜː l d sil",
        "sil h aʊ ɑː ɹ j uː sil",
        "sil h ə l oʊ sil",
    ]
    assert [sentence.text for sentence in analysis.sentences] == [
        "həˈloʊ, ˈwɜːld.",
        "ˈhaʊ ˈɑːɹ juː?",
        "hə.ˈloʊ",
    ]
    assert (
        analyse("hello, world.").sentences[0].features.phonemes
        == analysis.sentences[0].features.phonemes
    )
    assert analysis.sentences[1].start == 16


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hə9", "word 1 of them, 'hə9', has '9'"),
        ("a b ˈ c", "word 3 of them, 'ˈ', has no phoneme"),
        ("a" * 300, "limit is 200"),
    ],
)
def test_phonemes_that_are_none_are_refused(text: str, message: str) -> None:
    from vocoder.errors import TextError

    with pytest.raises(TextError, match=message) as caught:
        analyser_of(Ipa(text), language="en-us", voice="tiny", speakers=())
    assert caught.value.field == "phonemes"
