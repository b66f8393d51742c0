"""A lexicon as the W3C's Pronunciation Lexicon Specification 1.0 has it
(https://www.w3.org/TR/pronunciation-lexicon/): `application/pls+xml`.

    <lexicon version="1.0" alphabet="ipa" xml:lang="en-US"
    xmlns="http://www.w3.org/2005/01/pronunciation-lexicon">
      <lexeme><grapheme>SQL</grapheme><phoneme>ˈsiːkwəl</phoneme></lexeme>
      <lexeme><grapheme>WHO</grapheme><alias>World Health Organization</alias></lexeme>
    </lexicon>

As it says: of several pronunciations the preferred one counts, else the first; of several lexemes
of one grapheme the first. `role` cannot be told from a text, and does not count. Narrower than it:
graphemes are single words, the alphabet is IPA, and capitals make no difference.
Metadata and examples are left out. The specification's own entities need a DTD, and none is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vocoder.errors import InputError
from vocoder.text.lexicon.lexicon import Lexicon
from vocoder.text.lexicon.lexicon_entry import MOST_ENTRIES, LexiconEntry, key_of
from vocoder.text.xml import CharacterData, EndTag, Place, StartTag, read_xml

NAMESPACE = "http://www.w3.org/2005/01/pronunciation-lexicon"
MEDIA_TYPE = "application/pls+xml"
_MOST_CHARACTERS = 32_000_000
_VERSION, _ALPHABET = "1.0", "ipa"
# What may stand in what; "" is outside the outermost element.
_CHILDREN = {
    "": ("lexicon",),
    "lexicon": ("meta", "metadata", "lexeme"),
    "lexeme": ("grapheme", "phoneme", "alias", "example"),
}
_READ = ("grapheme", "phoneme", "alias")  # whose text counts


def from_pls(document: str, *, language: str | None = None) -> Lexicon:
    """The lexicon that a PLS document says.

    Args:
        document: the whole document.
        language: of the voice that will say the words, as espeak-ng names it: the document's must
            be the same, whatever the region. None: any.

    Raises:
        InputError: field "lexicon", with line and column: it is not well-formed, not PLS 1.0, for
            another language, or has a word or a pronunciation that `Lexicon.of` would refuse.
    """
    reader = _PlsReader(language)
    for event in read_xml(
        document, what="the lexicon", field="lexicon", most_characters=_MOST_CHARACTERS
    ):
        match event:
            case StartTag():
                reader.open(event)
            case CharacterData():
                reader.write(event)
            case EndTag():
                reader.close(event)
    return Lexicon(entries=reader.entries)


def to_pls(lexicon: Lexicon, *, language: str) -> str:
    """The inverse of `from_pls`: a lexeme a line, in the order of the alphabet.

    Args:
        lexicon: any.
        language: as espeak-ng names it.
    """
    from xml.sax.saxutils import escape, quoteattr  # late: it imports an HTTP client

    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        (
            f'<lexicon version="{_VERSION}" xmlns="{NAMESPACE}" alphabet="{_ALPHABET}" '
            f"xml:lang={quoteattr(_tag(language))}>"
        ),
    ]
    for _, entry in sorted(lexicon.entries.items()):
        name, said = ("phoneme", entry.ipa or "") if entry.alias is None else ("alias", entry.alias)
        lines.append(
            f"  "
            f"<lexeme><grapheme>{escape(entry.word)}</grapheme><{name}>{escape(said)}</{name}></lexeme>"
        )
    return "\n".join([*lines, "</lexicon>", ""])


def _tag(language: str) -> str:
    """A language as BCP 47 writes it: "en-US" of "en-us"."""
    first, *others = language.split("-")
    return "-".join([first, *(part.upper() if len(part) == 2 else part for part in others)])


@dataclass(kw_only=True)
class _Lexeme:
    place: Place
    graphemes: list[tuple[str, Place]] = field(default_factory=list)
    # with whether it is preferred
    said: list[tuple[dict[str, str], bool, Place]] = field(default_factory=list)


class _PlsReader:
    """Follows the document, and keeps what it says."""

    def __init__(self, language: str | None) -> None:
        self.entries: dict[str, LexiconEntry] = {}
        self._language = language
        self._inside: list[str] = []  # names of the open elements
        self._left_out = 0  # how many elements are open inside metadata
        self._alphabet = ""
        self._lexeme: _Lexeme | None = None
        self._text: list[str] = []
        self._opened: StartTag | None = None  # whose text is being read

    def open(self, event: StartTag) -> None:
        if self._left_out or event.name == "metadata":
            self._left_out += 1
            return
        where = self._inside[-1] if self._inside else ""
        if event.namespace != NAMESPACE or event.name not in _CHILDREN.get(where, ()):
            what = (
                event.name
                if event.namespace in ("", NAMESPACE)
                else f"{event.name} of {event.namespace}"
            )
            why = (
                f"PLS's namespace is {NAMESPACE}"
                if event.namespace != NAMESPACE and not where
                else f"nothing like it stands in {where or 'a document'}"
            )
            raise _wrong(f"the lexicon's element {what} is not PLS ({why})", event.place)
        self._inside.append(event.name)
        if event.name == "lexicon":
            self._begin(event)
        elif event.name == "lexeme":
            self._lexeme = _Lexeme(place=event.place)
        else:
            self._opened, self._text = event, []

    def write(self, event: CharacterData) -> None:
        if self._left_out:
            return
        if self._inside and self._inside[-1] not in _CHILDREN:
            self._text.append(event.text)
        elif event.text.strip():
            raise _wrong(
                (
                    f"the lexicon has text in "
                    f"{self._inside[-1] if self._inside else 'the document'}, where none may be"
                ),
                event.place,
            )

    def close(self, event: EndTag) -> None:
        if self._left_out:
            self._left_out -= 1
            return
        self._inside.pop()
        if event.name == "lexeme":
            self._keep()
        elif event.name in _READ:
            self._take("".join(self._text))

    def _begin(self, event: StartTag) -> None:
        version, self._alphabet = (
            event.attributes.get("version", ""),
            event.attributes.get("alphabet", ""),
        )
        if version != _VERSION:
            raise _wrong(
                f"the lexicon's version is {version!r}, and version {_VERSION} is read", event.place
            )
        self._check_alphabet(self._alphabet, event.place)
        language = event.attributes.get("xml:lang", "")
        if not language:
            raise _wrong("the lexicon has no xml:lang", event.place)
        if (
            self._language is not None
            and language.lower().partition("-")[0] != self._language.lower().partition("-")[0]
        ):
            raise _wrong(
                f"the lexicon's language is {language!r}, and the voice's is {self._language!r}",
                event.place,
            )

    def _take(self, text: str) -> None:
        assert self._lexeme is not None
        assert self._opened is not None
        element = self._opened
        if element.name == "grapheme":
            self._lexeme.graphemes.append((text.strip(), element.place))
            return
        prefer = element.attributes.get("prefer", "false")
        if prefer not in ("true", "false"):
            raise _wrong(f"the lexicon's prefer is true or false, not {prefer!r}", element.place)
        if element.name == "phoneme":
            self._check_alphabet(element.attributes.get("alphabet", self._alphabet), element.place)
        form = "ipa" if element.name == "phoneme" else "alias"
        self._lexeme.said.append(({form: text}, prefer == "true", element.place))

    def _check_alphabet(self, alphabet: str, place: Place) -> None:
        if alphabet != _ALPHABET:
            raise _wrong(
                f"the lexicon's alphabet is {alphabet!r}, and {_ALPHABET!r} is read", place
            )

    def _keep(self) -> None:
        lexeme, self._lexeme = self._lexeme, None
        assert lexeme is not None
        if not lexeme.graphemes or not lexeme.said:
            raise _wrong(
                "a lexeme of the lexicon has no grapheme, or neither phoneme nor alias",
                lexeme.place,
            )
        said, _, place = next((one for one in lexeme.said if one[1]), lexeme.said[0])
        for word, there in lexeme.graphemes:
            with _placed(there):
                key = key_of(word)
            with _placed(place):
                entry = LexiconEntry.of(word, said)
            known = self.entries.setdefault(key, entry)
            if known.word != entry.word:
                raise _wrong(f"the lexicon has {word!r} twice: capitals make no difference", there)
        if len(self.entries) > MOST_ENTRIES:
            raise _wrong(f"the lexicon has more than {MOST_ENTRIES} entries", lexeme.place)


@contextmanager
def _placed(place: Place) -> Iterator[None]:
    """Says where it stands of what an entry refuses."""
    try:
        yield
    except InputError as error:
        raise _wrong(str(error), place) from error


def _wrong(why: str, place: Place) -> InputError:
    return InputError(f"{why} ({place})", field="lexicon")
