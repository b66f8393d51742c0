"""What is refused, and how it is said: by name, with the place, as an error of the field "ssml";
and at once.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from tests.text.ssml.reading import read
from vocoder.errors import TextError
from vocoder.text import Ssml, analyser_of

DEEP = "<p>" * 3 + "<prosody rate='fast'>" * 70 + "x" + "</prosody>" * 70 + "</p>" * 3
REFUSED: list[tuple[str, str]] = [
    # XML
    ("<speak>Hello", r"not well-formed XML: no element found at line 1, column 13"),
    ("<speak>Hello\n<p>you</speak>", r"mismatched tag at line 2, column 9"),
    ("Hello", "not well-formed XML: syntax error"),
    ("<speak>a & b</speak>", r"not well-formed \(invalid token\) at line 1, column 11"),
    ("<speak>a&nbsp;b</speak>", r"undefined entity at line 1, column 9"),
    ("<speak>a\0b</speak>", r"invalid token"),
    ("<speak>\ud800</speak>", r"half a surrogate pair at character 8"),
    ("<speak>\x01</speak>", "invalid token"),
    ("<speak>&#0;</speak>", "reference to invalid character number"),
    ("<speak>a</speak><speak>b</speak>", "junk after document element"),
    ("<!DOCTYPE speak><speak>a</speak>", "the document has a DOCTYPE"),
    ('<!DOCTYPE speak SYSTEM "http://127.0.0.1/x.dtd"><speak>a</speak>',
    "the document has a DOCTYPE"),
    ('<!DOCTYPE speak [<!ENTITY x SYSTEM "file:///etc/passwd">]><speak>&x;</speak>',
    "the document has a DOCTYPE"),
    (f"<speak>{DEEP}</speak>",
    r"more than 64 elements inside each other at line 1, column|cannot stand inside <p>"),
    ("<speak>" + "<emphasis>" * 64 + "x" + "</emphasis>" * 64 + "</speak>",
    "more than 64 elements inside each other"),
    ('<speak><mstts:express-as style="sad">a</mstts:express-as></speak>', "unbound prefix"),
    ('<speak xmlns:m="urn:m"><m:express-as style="sad">a</m:express-as></speak>',
    "there is no element 'express-as' of the namespace 'urn:m'"),
    # Elements
    ("<p>a</p>", "the outermost element must be <speak>, not <p>"),
    ("<speak><speak>a</speak></speak>", "<speak> must be the outermost element"),
    ("<speak>a\n <blink>b</blink></speak>",
    r"there is no element 'blink' \(known: speak, p, s, .*\) \(line 2, column 2\)"),
    ("<speak><\u202e/></speak>", "invalid token"),
    ('<speak><audio src="x.wav"/></speak>', "<audio> is not spoken: recordings cannot be played"),
    ('<speak><lexicon uri="x.pls" xml:id="a"/></speak>',
    "<lexicon> is not spoken: a lexicon is given beside the document"),
    ("<speak><s>a<s>b</s></s></speak>", "<s> cannot stand inside <s>"),
    ("<speak><p>a<p>b</p></p></speak>", "<p> cannot stand inside <p>"),
    ("<speak><s>a<p>b</p></s></speak>", "<p> cannot stand inside <s>"),
    ("<speak><break>a</break></speak>", "<break> holds nothing"),
    ('<speak><mark name="a"><break/></mark></speak>', "<mark> holds no elements, and not <break>"),
    ('<speak><sub alias="a"><emphasis>b</emphasis></sub></speak>',
    "<sub> holds no elements, and not <emphasis>"),
    ('<speak version="2.0">a</speak>', "version '2.0' of SSML is not known"),
    # Attributes
    ('<speak speed="2">a</speak>', r"<speak> has no attribute 'speed' \(known: version, xml:lang"),
    ("<speak><prosody>a</prosody></speak>", "<prosody> needs rate, pitch, range or volume"),
    ('<speak><prosody contour="(0%,+20Hz)">a</prosody></speak>',
    "contour of <prosody> is not done"),
    ('<speak><prosody duration="2s">a</prosody></speak>', "duration of <prosody> is not done"),
    ('<speak><prosody rate="warp">a</prosody></speak>',
    r"rate of <prosody>: 'warp' is none of x-slow, .* \(line 1, column 8\)"),
    ('<speak><prosody rate="20%">a</prosody></speak>',
    r"'20%' comes to 0.2 times the voice's speed, which must lie in 0.25..4"),
    ('<speak><prosody rate="+400%">a</prosody></speak>', "comes to 5 times"),
    ('<speak><prosody rate="-100%">a</prosody></speak>', "comes to 0 times"),
    ('<speak><prosody rate="nan">a</prosody></speak>', "'nan' is none of"),
    ('<speak><prosody rate="1e3">a</prosody></speak>', "'1e3' is none of"),
    ('<speak><prosody rate="\u0661">a</prosody></speak>', "is none of"),
    ('<speak><prosody pitch="10%">a</prosody></speak>',
    "pitch of <prosody>: '10%' is none of .* a change with its sign"),
    ('<speak><prosody pitch="2st">a</prosody></speak>', "a change with its sign"),
    ('<speak><prosody pitch="+13st">a</prosody></speak>',
    r"comes to 2.11893 times the voice's pitch, which must lie in 0.5..2"),
    ('<speak><prosody pitch="+99999st">a</prosody></speak>', "times the voice's pitch"),
    ('<speak><prosody pitch="-99999%">a</prosody></speak>', "times the voice's pitch"),
    ('<speak><prosody pitch="20Hz">a</prosody></speak>',
    "comes to 20 Hz, which must lie in 50..500"),
    ('<speak><prosody pitch="+300Hz">a</prosody></speak>',
    "comes to 300 Hz beside the voice's pitch"),
    ('<speak><prosody range="wide">a</prosody></speak>', "range of <prosody>: 'wide'"),
    ('<speak><prosody volume="+13dB">a</prosody></speak>',
    "times the voice's amplitude, which must lie in 0..4"),
    ('<speak><prosody volume="101">a</prosody></speak>', "comes to 101 of 100"),
    ('<speak><prosody volume="6dB">a</prosody></speak>', "volume of <prosody>: '6dB' is none of"),
    ('<speak><emphasis level="huge">a</emphasis></speak>',
    "level of <emphasis>: 'huge' is none of strong, moderate, reduced, none"),
    ('<speak>a<break time="11s"/>b</speak>',
    "time of <break>: '11s' comes to 11 seconds, which must lie in 0..10"),
    ('<speak>a<break time="-1s"/>b</speak>', "'-1s' is no time"),
    ('<speak>a<break time="1 h"/>b</speak>', "'1 h' is no time"),
    ('<speak>a<break strength="huge"/>b</speak>',
    "strength of <break>: 'huge' is none of none, x-weak"),
    ('<speak>a<break time="6s"/> <break time="6s"/>b</speak>',
    "the breaks in one place come to 12 seconds, and the limit is 10"),
    ("<speak>" + 'a<break time="10s"/>' * 361 + "</speak>",
    "the breaks of the document come to more than 3600 seconds"),
    ("<speak><mark/>a</speak>", "<mark> needs a name"),
    (f'<speak><mark name="{"m" * 201}"/>a</speak>',
    "the name of <mark> has 201 characters, and the limit is 200"),
    ("<speak><sub>a</sub></speak>", "<sub> needs alias"),
    (f'<speak><sub alias="{"a " * 200}">a</sub></speak>', "<sub> has more than 300 characters"),
    (f"<speak><sub alias='{'77 ' * 90}'>a</sub></speak>",
    "what is said for <sub> has 1259 characters, and the limit is 1000"),
    ("<speak><say-as>a</say-as></speak>", "<say-as> needs interpret-as"),
    ('<speak><say-as interpret-as="expletive">a</say-as></speak>',
    r"there is no interpretation 'expletive' \(known: characters, spell-out"),
    ("<speak><phoneme>a</phoneme></speak>", "<phoneme> needs ph"),
    ('<speak><phoneme ph="hə9">a</phoneme></speak>',
    "ph of <phoneme>: 'hə9' has '9', which the voice has no phoneme for"),
    ('<speak><phoneme ph="">a</phoneme></speak>', "ph of <phoneme>: '' has no phoneme"),
    ('<speak><phoneme alphabet="x-sampa" ph="h@">a</phoneme></speak>',
    "is in the alphabet 'x-sampa', and ipa is the one that is known"),
    ('<speak><voice name="eve">a</voice></speak>',
    r"<voice> 'eve' is no speaker of the voice 'tiny' \(known: 'tiny', 'anna', 'otto'\)"),
    ('<speak><voice gender="female">a</voice></speak>',
    "gender of <voice> is not done: voices are chosen by name"),
    ("<speak><voice>a</voice></speak>", "<voice> needs a name"),
    ('<speak><lang xml:lang="de-DE">a</lang></speak>',
    r"xml:lang of <lang> is 'de-DE', and the voice 'tiny' speaks en-us \(line 1, column 8\)"),
    ('<speak xml:lang="en-GB">a</speak>',
    "xml:lang of <speak> is 'en-GB', and the voice 'tiny' speaks en-us"),
    ("<speak><lang>a</lang></speak>", "<lang> needs xml:lang"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "message"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_refused_is_named_with_its_place(document: str, message: str) -> None:
    with pytest.raises(TextError, match=message) as caught:
        analyser_of(Ssml(document), language="en-us", voice="tiny", speakers=("anna", "otto"))
    assert caught.value.field == "ssml"
    assert str(caught.value).startswith("ssml: ")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 400


def test_entities_that_grow_are_refused_at_once() -> None:
    """Billion laughs, and its quadratic cousin."""
    laughs = "".join(f'<!ENTITY l{number} "{f"&l{number - 1};" * 10}">' for number in range(1, 10))
    bombs = [
        f'<?xml version="1.0"?><!DOCTYPE speak [<!ENTITY l0 "ha">{laughs}]><speak>&l9;</speak>',
        f'<!DOCTYPE speak [<!ENTITY a "{"a" * 50_000}">]><speak>{"&a;" * 50_000}</speak>',
        f"<!DOCTYPE speak [<!ATTLIST speak {'a CDATA #IMPLIED ' * 2_000}>]><speak/>",
    ]
    started = time.process_time()
    for bomb in bombs:
        with pytest.raises(TextError, match="the document has a DOCTYPE"):
            analyser_of(Ssml(bomb), language="en-us", voice="tiny", speakers=())
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize(
    "inside",
    [
        "<break time='0s'/>" * 20_000 + "a",
        "<mark name='m'/>" * 20_000 + "a",
        "a<break time='1ms'/>" * 15_000,
        "<emphasis>a</emphasis>" * 15_000,
        "<sub alias='b'>a</sub>" * 15_000,
        "<sub alias='b.'>a.</sub> " * 15_000,
        ")<sub alias='" + "ab " * 90 + "'>" + "x" * 290 + "</sub>" * 1,
        "<![CDATA[" + "&<" * 100_000 + "]]>a",
        "<s>a</s>" * 30_000,
        "<p>a</p>" * 30_000,
        "&#65;" * 60_000,
        "\U0001d11e" * 100_000 + "a",
        "<say-as interpret-as='characters'>" + "a" * 300 + "</say-as>",
    ],
    ids=range(13),
)
def test_time_grows_with_the_length_alone(inside: str) -> None:
    started = time.process_time()
    source = analyser_of(
        Ssml(f"<speak>{inside}</speak>"), language="en-us", voice="tiny", speakers=()
    )
    for number in range(min(len(source), 20)):
        source.sentence(number)
    assert time.process_time() - started < 8


def test_no_sentence_grows_without_bounds_whatever_stands_in_it() -> None:
    """A sentence's frames are computed together, so what is said, and how long pauses in it are, is
    bounded as its text is.
    """
    alias = "word " * 59
    for inside in (
        f"a<sub alias='{alias}'>b</sub>" * 300,
        f")<sub alias='{alias}'>{'x' * 290}</sub>" * 100,
        "a<break time='9s'/>b " * 300,
    ):
        for sentence in read(inside).sentences:
            assert sentence.features.num_phonemes < 1_500
            assert sentence.delivery is not None
            assert np.nansum(sentence.delivery.pauses) <= 20
