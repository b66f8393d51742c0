"""XML from strangers, as a row of events: what can do harm or reach elsewhere is refused, and
everything that is refused is told with line and column.

    for event in read_xml(document, what="the lexicon", field="lexicon", most_characters=1_000_000):
        match event:
            case Opened(): ...   # namespace, name, attributes
            case Written(): ...  # text between tags; character i of it stands at index event.at + i
            of the document case Closed(): ...   # namespace, name

A DOCTYPE is refused whole, and with it every entity but the five of XML itself, and everything
external: nothing is ever fetched or expanded. Comments and processing instructions are left out.
Each event knows its `place`, whose string ("line 3, column 5") completes a sentence. Reading is
Expat's, in time proportional to the document; events come as they are read, so nothing holds the
whole document but its string.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from xml.parsers import expat

from vocoder.errors import InputError

XML_NAMESPACE = (
    "http://www.w3.org/XML/1998/namespace"  # of xml:lang, xml:space, xml:base and xml:id
)
_CHUNK = 1 << 20  # bytes; read at once
_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DECLARATION = re.compile(rb"<\?xml\s[^>]*\?>")
_ENCODINGS = ("utf-8", "utf-16", "us-ascii")


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a document; both count from 1."""

    line: int
    column: int  # in characters

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartTag:
    """A start tag, or the first half of an empty one."""

    namespace: str  # "" for none
    name: str  # without prefix
    # by name; those of XML itself as "xml:lang", those of other namespaces as "{namespace}name"
    attributes: Mapping[str, str]
    place: Place
    at: int  # index in the document of the tag's "<"


@dataclass(frozen=True, slots=True, kw_only=True)
class EndTag:
    """An end tag, or the second half of an empty one."""

    namespace: str
    name: str
    place: Place
    at: int  # index in the document of the tag's "<"


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterData:
    """Text between two tags, or a part of it: a reference ("&amp;") and the end of a line come by
    themselves, so places stay exact.
    """

    text: str  # ends of lines are "\n"
    place: Place
    at: int  # index in the document of the first character


Event = StartTag | EndTag | CharacterData


def decode_xml(document: bytes, *, what: str, field: str) -> str:
    """The characters of a document that came as bytes: UTF-8, or UTF-16 with a byte order mark.

    Args:
        document: the whole document.
        what: what it is called in messages, such as "the lexicon".
        field: the field at fault in errors.

    Raises:
        InputError: it is in another encoding, or not in the one it declares.
    """
    encoding = next(
        (name for mark, name in _BYTE_ORDER_MARKS if document.startswith(mark)), "utf-8"
    )
    try:
        characters = document.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(
            (
                f"{what} is not in {encoding.removesuffix('-sig').upper()}, which XML is without a "
                f"declaration: {error.reason}"
            ),
            field=field,
        ) from error
    declared = ""

    def declaration(_version: str, named: str | None, _standalone: int) -> None:
        nonlocal declared
        declared = named or ""

    parser = expat.ParserCreate(encoding="utf-8")
    parser.XmlDeclHandler = declaration
    head = characters[: characters.find("?>") + 2] if characters.startswith("<?xml") else ""
    try:
        parser.Parse(head.encode("utf-8"), False)
    except expat.ExpatError:
        return characters  # what is wrong with it is told by who reads it
    if declared and declared.lower() not in _ENCODINGS:
        raise InputError(
            f"{what} declares the encoding {declared!r}: UTF-8 and UTF-16 are read", field=field
        )
    return characters


def read_xml(
    document: str,
    *,
    what: str,
    field: str,
    most_characters: int,
    deepest: int = 32,
    prefixes: Collection[str] = (),
) -> Iterator[Event]:
    """Reads a document; what is wrong is raised when it is reached, so believe nothing before the
    last event.

    Args:
        document: the whole document. What it declares of its encoding does not count: it is
            characters already.
        what: what it is called in messages, such as "the lexicon".
        field: the field at fault in errors.
        most_characters: limit on its length.
        deepest: limit on elements inside each other, the outermost included.
        prefixes: that the document uses and does not declare: each stands for a namespace of its
            own name.

    Yields:
        its events in the order of the document; every `StartTag` has its `EndTag`.

    Raises:
        InputError: it is too long, too deep, not well-formed XML with namespaces, or has a DOCTYPE.
    """
    if len(document) > most_characters:
        raise InputError(
            f"{what} has {len(document)} characters, and the limit is {most_characters}",
            field=field,
        )
    try:
        encoded = document.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(
            f"{what} is not well-formed XML: half a surrogate pair at character {error.start + 1}",
            field=field,
        ) from error
    if prefixes:
        yield from _read_inside(encoded, prefixes, what=what, field=field, deepest=deepest)
        return
    reader = _XmlReader(encoded, what=what, field=field, deepest=deepest)
    for start in range(0, len(encoded), _CHUNK):
        yield from reader.read(encoded[start : start + _CHUNK], last=False)
    yield from reader.read(b"", last=True)


def _read_inside(
    encoded: bytes, prefixes: Collection[str], *, what: str, field: str, deepest: int
) -> Iterator[Event]:
    """The events of a document as if it stood inside an element that declares the prefixes."""
    declared = "".join(f' xmlns:{prefix}="{prefix}"' for prefix in sorted(prefixes))
    around = f"<_{declared}>".encode()
    declaration = _DECLARATION.match(encoded)
    if declaration is not None:  # it may not stand inside; places stay
        encoded = b" " * declaration.end() + encoded[declaration.end() :]
    reader = _XmlReader(encoded, what=what, field=field, deepest=deepest + 1, ahead=len(around))
    reader.read(around, last=False)
    depth = roots = 0
    for event in [*reader.read(encoded, last=False), *reader.read(b"</_>", last=True)[:-1]]:
        match event:
            case StartTag():
                roots += depth == 0
                depth += 1
            case EndTag():
                depth -= 1
        text = event.text if depth == 0 and isinstance(event, CharacterData) else None
        if roots > 1 or (text is not None and text.strip()):
            raise InputError(
                f"{what} is not well-formed XML: junk around its element at {event.place}",
                field=field,
            )
        if text is None:
            yield event


class _XmlReader:
    """Expat's callbacks, gathered as events."""

    def __init__(
        self, encoded: bytes, *, what: str, field: str, deepest: int, ahead: int = 0
    ) -> None:
        self._ahead = ahead  # bytes that the parser is given before the document
        self._encoded, self._what, self._field, self._deepest = encoded, what, field, deepest
        self._events: list[Event] = []
        self._depth = 0
        self._known = (0, 0)  # a byte and the character that begins there; both only grow
        self._parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._write
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def read(self, chunk: bytes, *, last: bool) -> list[Event]:
        """The events of the next piece of the document."""
        try:
            self._parser.Parse(chunk, last)
        except expat.ExpatError as error:
            place = self._placed(error.lineno, error.offset)
            raise InputError(
                f"{self._what} is not well-formed XML: {expat.ErrorString(error.code)} at {place}",
                field=self._field,
            ) from error
        events, self._events = self._events, []
        return events

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > self._deepest:
            raise InputError(
                (
                    f"{self._what} has more than {self._deepest} elements inside each other at "
                    f"{self._place()}"
                ),
                field=self._field,
            )
        namespace, _, local = name.rpartition(" ")
        named = {_attribute_name(key): value for key, value in attributes.items()}
        self._events.append(
            StartTag(
                namespace=namespace,
                name=local,
                attributes=named,
                place=self._place(),
                at=self._at(),
            )
        )

    def _close(self, name: str) -> None:
        self._depth -= 1
        namespace, _, local = name.rpartition(" ")
        self._events.append(
            EndTag(namespace=namespace, name=local, place=self._place(), at=self._at())
        )

    def _write(self, text: str) -> None:
        self._events.append(CharacterData(text=text, place=self._place(), at=self._at()))

    def _refuse_doctype(self, *_: object) -> None:
        raise InputError(
            (
                f"{self._what} has a DOCTYPE before {self._place()}: none is read, nor any entity "
                f"that one could define"
            ),
            field=self._field,
        )

    def _place(self) -> Place:
        return self._placed(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)

    def _placed(self, line: int, column: int) -> Place:
        return Place(line, column + 1 - (self._ahead if line == 1 else 0))

    def _at(self) -> int:
        byte, character = self._known
        there = max(self._parser.CurrentByteIndex - self._ahead, 0)
        self._known = (there, character + len(self._encoded[byte:there].decode("utf-8")))
        return self._known[1]


def _attribute_name(key: str) -> str:
    namespace, _, local = key.rpartition(" ")
    if not namespace:
        return local
    return f"xml:{local}" if namespace == XML_NAMESPACE else f"{{{namespace}}}{local}"
