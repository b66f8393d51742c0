"""A document as a stream of elements and characters, each with its place: `vocoder.text.xml` with
the names of SSML, and the errors of a document.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from vocoder.errors import InputError, TextError
from vocoder.text.xml import EndTag, StartTag, read_xml

MOST_DEPTH = 64
NAMESPACE = "http://www.w3.org/2001/10/synthesis"
_LONGEST_SHOWN = 60
_PREFIXED = re.compile(r"[<\s]/?([A-Za-z_][\w.-]*):[A-Za-z_]")
_DECLARED = re.compile(r"""\sxmlns:([\w.-]+)\s*=""")
_TAG = re.compile(r"""<(?:[^<>"']|"[^"]*"|'[^']*')*>""")  # attributes may hold a ">"


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentPlace:
    """Where something stands in a document.

    Attributes:
        start, end: index of its first character, and of the one behind its last; of characters,
            behind the first.
        line, column: of the first, from 1.
    """

    start: int
    end: int
    line: int
    column: int


def refuse(message: str, place: DocumentPlace | None = None) -> TextError:
    """The error of a document."""
    where = "" if place is None else f" (line {place.line}, column {place.column})"
    return TextError(f"ssml: {message}{where}", field="ssml")


def shown(value: str) -> str:
    """What errors quote: not a megabyte, and nothing that a terminal would obey."""
    text = "".join(
        character if character.isprintable() else ascii(character)[1:-1] for character in value
    )
    return "'" + (text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "...") + "'"


class ElementHandler(Protocol):
    """Is told what a document holds, in order."""

    def opened(self, name: str, attributes: dict[str, str], place: DocumentPlace) -> None:
        """An element begins. Names of SSML have no namespace; others are their namespace, a space
        and the name. Attributes are named as `StartTag` has them.
        """

    def closed(self, name: str) -> None:
        """It ends."""

    def characters(self, text: str, place: DocumentPlace) -> None:
        """Characters: each is one of the document, but that a reference or a line's end of two is
        one character of `text`.
        """


def tell(document: str, listener: ElementHandler, *, strict: bool) -> None:
    """Tells a listener what a document holds.

    Where it is not strict, prefixes need not be declared: documents of other services often leave
    that out.

    Raises:
        TextError: field "ssml"; it is not well-formed, or has what is refused. Whatever the
            listener raises.
    """
    try:
        for event in read_xml(
            document,
            what="the document",
            field="ssml",
            most_characters=len(document),
            deepest=MOST_DEPTH,
            prefixes=() if strict else _undeclared(document),
        ):
            if isinstance(event, EndTag):
                listener.closed(_name(event.namespace, event.name))
                continue
            tag = _TAG.match(document, event.at) if isinstance(event, StartTag) else None
            place = DocumentPlace(
                start=event.at,
                end=event.at + 1 if tag is None else tag.end(),
                line=event.place.line,
                column=event.place.column,
            )
            if isinstance(event, StartTag):
                listener.opened(_name(event.namespace, event.name), dict(event.attributes), place)
            else:
                listener.characters(event.text, place)
    except TextError:
        raise
    except InputError as error:
        raise refuse(str(error)) from error


def _undeclared(document: str) -> set[str]:
    """Prefixes in tags that no attribute declares."""
    tags = "".join(_TAG.findall(document))
    return set(_PREFIXED.findall(tags)) - set(_DECLARED.findall(tags)) - {"xml", "xmlns"}


def _name(namespace: str, name: str) -> str:
    return name if namespace in ("", NAMESPACE) else f"{namespace} {name}"
