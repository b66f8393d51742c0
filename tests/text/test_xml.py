"""XML from strangers: what is read, where it stands, and what is refused."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vocoder.errors import InputError
from vocoder.text.xml import CharacterData, EndTag, Event, StartTag, decode_xml, read_xml

BILLION_LAUGHS = '<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'


def events(document: str, *, most_characters: int = 10_000, deepest: int = 32) -> list[Event]:
    return list(
        read_xml(
            document,
            what="the thing",
            field="thing",
            most_characters=most_characters,
            deepest=deepest,
        )
    )


def test_elements_attributes_and_text_come_in_order() -> None:
    first, text, inner, end, last = events(
        '<a xmlns="urn:x" b="1&lt;" xml:lang="en" xmlns:q="urn:q" q:z="2">hi<q:c/></a>'
    )
    assert isinstance(first, StartTag)
    assert (first.namespace, first.name) == ("urn:x", "a")
    assert first.attributes == {"b": "1<", "xml:lang": "en", "{urn:q}z": "2"}
    assert isinstance(text, CharacterData)
    assert text.text == "hi"
    assert isinstance(inner, StartTag)
    assert isinstance(end, EndTag)
    assert (inner.namespace, inner.name) == (end.namespace, end.name) == ("urn:q", "c")
    assert isinstance(last, EndTag)
    assert last.name == "a"


def test_comments_and_instructions_are_left_out() -> None:
    assert (
        "".join(
            event.text
            for event in events("<?xml version='1.0'?><a>x<!-- y --><?z?></a>")
            if isinstance(event, CharacterData)
        )
        == "x"
    )


def test_every_character_knows_its_place() -> None:
    document = "<a>hé&amp;ö\r\nx<![CDATA[<𝒷\n]]>&#233;é<c/></a>"
    written = [event for event in events(document) if isinstance(event, CharacterData)]
    assert "".join(event.text for event in written) == "hé&ö\nx<𝒷\néé"
    for event in written:
        for index, character in enumerate(event.text, event.at):
            assert document[index] in {character, "&", "\r"}
    opened = next(
        event for event in events(document) if isinstance(event, StartTag) and event.name == "c"
    )
    assert document[opened.at :].startswith("<c/>")
    assert str(opened.place) == f"line 3, column {document.rpartition(chr(10))[2].index('<c') + 1}"


def test_a_document_longer_than_a_chunk_is_read_alike() -> None:
    body = "éééé&lt;\n" * 200_000
    written = [
        event
        for event in events(f"<a>{body}</a>", most_characters=4_000_000)
        if isinstance(event, CharacterData)
    ]
    assert "".join(event.text for event in written) == "éééé<\n" * 200_000
    assert (written[-1].at, written[-1].place.line) == (3 + len(body) - 1, 200_000)


@pytest.mark.parametrize(
    "document, why",
    [
        (BILLION_LAUGHS, "has a DOCTYPE before line 1"),
        ('<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "has a DOCTYPE"),
        ('<!DOCTYPE a PUBLIC "x" "http://127.0.0.1/x.dtd"><a/>', "has a DOCTYPE"),
        ("<a>\n  &y;</a>", "undefined entity at line 2, column 3"),
        ("<a>\n<b></a>", "mismatched tag at line 2"),
        ("<a b='1' b='2'/>", "duplicate attribute"),
        ("<q:a/>", "unbound prefix"),
        ("", "no element found"),
        ("a\0b", "syntax error"),
        ("<a>\0</a>", "not well-formed"),
        ("<a/><b/>", "junk after document element"),
        ("<a>\ud800</a>", "half a surrogate pair at character 4"),
        ("<a>" * 33, "more than 32 elements inside each other at line 1, column 97"),
        (" " * 10_001, "has 10001 characters, and the limit is 10000"),
    ],
)
def test_what_is_refused_says_why_and_where(document: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as caught:
        events(document)
    assert caught.value.field == "thing"


def test_hostile_documents_take_no_longer_than_others() -> None:
    size = 2_000_000
    before = time.perf_counter()
    for hostile in (
        "<a b='" + "x" * size,
        "<a " + " ".join(f"b{n}='1'" for n in range(size // 12)) + "/>",
        "<!--" + "-" * size,
        "<a>" + "&lt;" * (size // 4),
    ):
        with pytest.raises(InputError):
            events(hostile.removesuffix("/>"), most_characters=2 * size)
    assert time.perf_counter() - before < 20


@pytest.mark.parametrize(
    "document, characters",
    [
        ("<a>é</a>".encode(), "<a>é</a>"),
        ("\ufeff<a>é</a>".encode(), "<a>é</a>"),
        (
            "<?xml version='1.0' encoding='UTF-16'?><a>é</a>".encode("utf-16"),
            "<?xml version='1.0' encoding='UTF-16'?><a>é</a>",
        ),
        (
            b"<?xml version='1.0' encoding='utf-8'?><a/>",
            "<?xml version='1.0' encoding='utf-8'?><a/>",
        ),
    ],
)
def test_bytes_are_read_as_unicode(document: bytes, characters: str) -> None:
    assert decode_xml(document, what="the thing", field="thing") == characters


@pytest.mark.parametrize(
    "document, why",
    [
        (b"<a>\xe9</a>", "not in UTF-8"),
        (b"\xff\xfea", "not in UTF-16"),
        (b"<?xml version='1.0' encoding='latin-1'?><a/>", "declares the encoding 'latin-1'"),
    ],
)
def test_other_encodings_are_refused(document: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        decode_xml(document, what="the thing", field="thing")


@given(st.binary(max_size=60) | st.text("<>/!?[]&;='\" abx:\n", max_size=60).map(str.encode))
@example(b"<?xml")
@example(b"<?xml ?>")
def test_any_bytes_are_read_or_refused(document: bytes) -> None:
    try:
        found = events(decode_xml(document, what="the thing", field="thing"))
    except InputError:
        return
    assert (
        sum(isinstance(event, StartTag) for event in found)
        == sum(isinstance(event, EndTag) for event in found)
        > 0
    )
