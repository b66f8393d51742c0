"""XML as a stream of elements and characters, each with its place in the document: Python's own parser (expat), without all that attacks are made of.

No document type declaration, hence no entities but XML's five and those of single characters, and nothing external; depth is bounded, and so is the number of
elements by the document's length. Time grows with the length alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol
from xml.parsers import expat

from vocoder.errors import TextError

MOST_DEPTH = 64
_NAMESPACES = {
    "http://www.w3.org/2001/10/synthesis": "",
    "http://www.w3.org/XML/1998/namespace": "xml:",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi:",
}
_LONGEST_SHOWN = 60
_TAG = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")  # attributes may hold a ">"
_NOT_XML = re.compile("[\ud800-\udfff\0]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where something stands in a document.

    Attributes:
        start, end: index of its first character, and of the one behind its last; of characters, behind the first.
        line, column: of the first, from 1.
    """

    start: int
    end: int
    line: int
    column: int


def refuse(message: str, place: Place | None = None) -> TextError:
    """The error of a document."""
    where = "" if place is None else f" (line {place.line}, column {place.column})"
    return TextError(f"ssml: {message}{where}", field="ssml")


def shown(value: str) -> str:
    """What errors quote: not a megabyte, and nothing that a terminal would obey."""
    text = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in value)
    return "'" + (text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "...") + "'"


class Listener(Protocol):
    """Is told what a document holds, in order."""

    def opened(self, name: str, attributes: dict[str, str], place: Place) -> None:
        """An element begins. Names of SSML have no prefix, those of XML itself "xml:", those of XML Schema "xsi:", any others their namespace and a space."""

    def closed(self, name: str, place: Place) -> None:
        """It ends."""

    def characters(self, text: str, place: Place) -> None:
        """Characters: each is one of the document, but that a reference or a line's end of two is one character of `text`."""


def read_xml(document: str, listener: Listener) -> None:
    """Reads a document.

    Raises:
        TextError: field "ssml"; it is not well-formed, or has what is refused. Whatever the listener raises.
    """
    if found := _NOT_XML.search(document):
        raise refuse(f"character {found.start() + 1} is {ascii(found.group())[1:-1]}, which XML does not allow")
    _Reading(document, listener).run()


class _Reading:
    def __init__(self, document: str, listener: Listener) -> None:
        self._document = document
        self._listener = listener
        self._depth = 0
        self._offsets = [] if document.isascii() else [0, *accumulate(len(character.encode()) for character in document)]
        self._parser = expat.ParserCreate("utf-8", namespace_separator=" ")
        self._parser.ordered_attributes = True
        self._parser.buffer_text = False  # so that each piece has its own place
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def run(self) -> None:
        try:
            self._parser.Parse(self._document.encode(), True)
        except expat.ExpatError as error:
            raise refuse(f"not well-formed XML: {expat.ErrorString(error.code)} (line {error.lineno}, column {error.offset + 1})") from error

    def _start(self, name: str, attributes: list[str]) -> None:
        place = self._place(tag=True)
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise refuse(f"elements are nested more than {MOST_DEPTH} deep", place)
        names = [_plain_name(one) for one in attributes[::2]]
        self._listener.opened(_plain_name(name), dict(zip(names, attributes[1::2], strict=True)), place)

    def _end(self, name: str) -> None:
        self._depth -= 1
        self._listener.closed(_plain_name(name), self._place())

    def _characters(self, text: str) -> None:
        self._listener.characters(text, self._place())

    def _doctype(self, *declared: object) -> None:
        raise refuse("a document type declaration is refused, and with it entities of one's own", self._place())

    def _place(self, *, tag: bool = False) -> Place:
        at = self._parser.CurrentByteIndex
        start = bisect_left(self._offsets, at) if self._offsets else at
        end = start + 1
        if tag and (found := _TAG.match(self._document, start)):
            end = found.end()
        return Place(start=start, end=end, line=self._parser.CurrentLineNumber, column=self._parser.CurrentColumnNumber + 1)


def _plain_name(name: str) -> str:
    namespace, space, local = name.rpartition(" ")
    if not space:
        return local
    return _NAMESPACES[namespace] + local if namespace in _NAMESPACES else name
