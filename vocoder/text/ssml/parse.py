"""What the elements of a document mean: builds the script of it, element by element.

Every tag parts words ("cup<break/>board" is two), as the recommendation has it, but those inside
`<w>` and `<token>`. White space is what it is in a plain text, so a document without any element
but `<speak>` is read as its text would be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from vocoder.text.cleaning import clean
from vocoder.text.ipa import phones_of
from vocoder.text.normalise import normalise
from vocoder.text.script import Break, IgnoredMarkup, Mark, Replaced, SaidWord, Script, Style
from vocoder.text.ssml.document import DocumentPlace, refuse, shown, tell
from vocoder.text.ssml.say_as import say_as
from vocoder.text.ssml.values import (
    MOST_BREAK_SECONDS,
    emphasis_of,
    gain_of,
    pitch_of,
    rate_of,
    seconds_of,
    spread_of,
    strength_of,
)

LONGEST_REPLACED = (
    300  # characters of what is said in place of something else, and of what it is said for
)
LONGEST_SAID = 1_000  # characters of its words
LONGEST_NAME = 200  # characters of a mark's name
MOST_BREAKS_SECONDS = 3_600.0  # of all breaks of a document together
_MARKS = "?!.;:—,"
_ANYWHERE = ("xml:id", "id", "xml:base")  # say nothing of how it sounds
_ROOT = ("version", "xml:lang", "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation")
ELEMENTS: dict[str, tuple[str, ...]] = {
    "speak": _ROOT, "p": ("xml:lang", ), "s": ("xml:lang", ), "w": ("xml:lang", "role"),
    "token": ("xml:lang", "role"), "lang": ("xml:lang", ),
    "voice": ("name", "xml:lang"), "prosody": ("rate", "pitch", "range", "volume"),
    "emphasis": ("level", ), "break": ("time", "strength"),
    "mark": ("name", ), "sub": ("alias", ), "say-as": ("interpret-as", "format"), "phoneme": ("ph",
    "alphabet"),
}  # fmt: skip
_NOT_DONE = {
    "audio": "recordings cannot be played in speech",
    "desc": "it describes <audio>, which is not done",
    "lexicon": "a lexicon is given beside the document, not named in it",
    "lookup": "a lexicon is given beside the document, not named in it",
}  # fmt: skip
_NOT_DONE_ATTRIBUTES = {
    ("prosody", "contour"): "pitch, for the whole of it, is what can be set", ("prosody",
    "duration"): "rate is what can be set",
    ("voice", "gender"): "voices are chosen by name", ("voice", "age"): "voices are chosen by name",
    ("voice", "variant"): "voices are chosen by name",
    ("voice", "languages"): "voices are chosen by name", ("voice",
    "required"): "voices are chosen by name",
}  # fmt: skip
# say nothing of how it sounds, by the recommendation: passed over with all that is in them
_UNHEARD = (
    "meta",
    "metadata",
)
_INSIDE = {"sub", "say-as", "phoneme"}  # hold characters alone
_EMPTY = {"break", "mark"}


def read_ssml(
    document: str, *, language: str, voice: str, speakers: Sequence[str], strict: bool = True
) -> Script:
    """A document, read.

    Args:
        document: SSML.
        language: espeak-ng's name of the language that the voice speaks.
        voice: its name.
        speakers: of the voice.
        strict: whether what is not done here is an error; else it is passed over, and told in
            `Script.ignored`. Documents that are no SSML are refused either way.

    Raises:
        TextError: field "ssml"; what is wrong, or cannot be spoken, with its line and column.
    """
    building = _ScriptBuilder(language=language, voice=voice, speakers=speakers, strict=strict)
    tell(document, building, strict=strict)
    return building.script()


@dataclass(frozen=True, kw_only=True, slots=True)
class _OpenElement:
    """An element that has begun."""

    name: str
    attributes: dict[str, str]
    place: DocumentPlace
    style: Style
    start: int  # in the text


class _ScriptBuilder:
    """Is told the document, and makes the script."""

    def __init__(self, *, language: str, voice: str, speakers: Sequence[str], strict: bool) -> None:
        self._strict = strict
        self._ignored: list[IgnoredMarkup] = []
        self._language, self._voice, self._speakers = language, voice, speakers
        self._open: list[_OpenElement] = []
        self._unheard = 0  # elements that are open and say nothing of how it sounds
        self._text: list[str] = []
        self._origins: list[int] = []
        self._styles: list[tuple[int, Style]] = [(0, Style())]
        self._replaced: list[Replaced] = []
        self._cues: list[Break | Mark] = []
        self._bounds: list[int] = []
        self._whole: list[tuple[int, int]] = []
        self._paragraphs: list[int] = []
        self._after_tag = False
        self._pause = self._pauses = 0.0  # seconds of the breaks since the last word, and of all
        self._begin: dict[str, Callable[[dict[str, str], DocumentPlace, Style], Style]] = {
            "voice": self._voiced, "prosody": self._prosody, "emphasis": self._emphasis,
            "break": self._break, "mark": self._mark, "lang": self._lang,
        }  # fmt: skip

    def script(self) -> Script:
        """All that was told."""
        return Script(
            text="".join(self._text),
            origins=tuple(self._origins),
            styles=tuple(self._styles),
            replaced=tuple(self._replaced),
            cues=tuple(self._cues),
            bounds=tuple(self._bounds),
            whole=tuple(self._whole),
            paragraphs=tuple(self._paragraphs),
            ignored=tuple(self._ignored),
        )

    def opened(self, name: str, attributes: dict[str, str], place: DocumentPlace) -> None:
        """See `vocoder.text.ssml.document.ElementHandler`."""
        if self._unheard or name in _UNHEARD:
            self._unheard += 1
            return
        if not self._is_done(name, place):
            if name == "desc":
                self._unheard += 1
                return
            name, attributes = "", {}  # what it holds is spoken as if it were not there
        self._check_nesting(name, place)
        attributes = self._known_attributes(name, attributes, place)
        self._after_tag = True
        around = self._open[-1].style if self._open else Style()
        style = self._begin[name](attributes, place, around) if name in self._begin else around
        if name in ("p", "s", "voice"):
            self._bounds.append(len(self._text))
        self._speak_as(style)
        self._open.append(
            _OpenElement(
                name=name, attributes=attributes, place=place, style=style, start=len(self._text)
            )
        )

    def closed(self, name: str) -> None:
        """See `vocoder.text.ssml.document.ElementHandler`."""
        if self._unheard:
            self._unheard -= 1
            return
        element = self._open.pop()
        if element.name in _INSIDE:
            self._replace(element)
        self._after_tag = True
        if element.name in ("p", "s", "voice"):
            self._bounds.append(len(self._text))
        if element.name == "s":
            self._whole.append((element.start, len(self._text)))
        if element.name == "p":
            self._paragraphs.append(len(self._text))
        self._speak_as(self._open[-1].style if self._open else Style())

    def characters(self, text: str, place: DocumentPlace) -> None:
        """See `vocoder.text.ssml.document.ElementHandler`."""
        if self._unheard:
            return
        element = self._open[-1]
        if element.name in _EMPTY:
            if text.strip():
                raise refuse(f"<{element.name}> holds nothing", place)
            return
        between_words = (
            self._after_tag and self._text and self._text[-1].isalnum() and text[0].isalnum()
        )
        if between_words and not any(one.name in ("w", "token") for one in self._open):
            self._add(" ", [self._origins[-1]])
        self._after_tag = False
        if any(character.isalnum() for character in text):
            self._pause = 0.0
        self._add(text, [place.start + number for number in range(len(text))])

    def _add(self, text: str, origins: list[int]) -> None:
        self._text.extend(text)
        self._origins.extend(origins)

    def _speak_as(self, style: Style) -> None:
        if self._styles[-1][1] == style:
            return
        if self._styles[-1][0] == len(self._text):
            self._styles.pop()
        self._styles.append((len(self._text), style))

    def _pass_over(self, what: str, message: str, place: DocumentPlace) -> None:
        """Refuses what is not done here, or tells that it was passed over."""
        if self._strict:
            raise refuse(message, place)
        self._ignored.append(IgnoredMarkup(text=what, start=place.start, reason=message))

    def _is_done(self, name: str, place: DocumentPlace) -> bool:
        """Whether an element means something here."""
        if name == "speak" and self._open:
            self._pass_over("<speak>", "<speak> must be the outermost element, and no other", place)
            return False
        if name in _NOT_DONE:
            self._pass_over(f"<{name}>", f"<{name}> is not spoken: {_NOT_DONE[name]}", place)
            return False
        if name not in ELEMENTS:
            known = ", ".join(ELEMENTS)
            self._pass_over(
                f"<{_short(name)}>", f"there is no element {_named(name)} (known: {known})", place
            )
            return False
        return True

    def _check_nesting(self, name: str, place: DocumentPlace) -> None:
        """Refuses an element that stands where it may not."""
        if not self._open and name != "speak":
            raise refuse(f"the outermost element must be <speak>, not <{name}>", place)
        around = [one.name for one in self._open]
        if around and around[-1] in _INSIDE | _EMPTY and (name or self._strict):
            raise refuse(f"<{around[-1]}> holds no elements, and not <{name}>", place)
        if (name == "s" and "s" in around) or (name == "p" and ("p" in around or "s" in around)):
            raise refuse(f"<{name}> cannot stand inside <{'s' if 's' in around else 'p'}>", place)

    def _known_attributes(
        self, name: str, attributes: dict[str, str], place: DocumentPlace
    ) -> dict[str, str]:
        """Those that mean something here."""
        known = {}
        for attribute, value in attributes.items():
            message = self._why_not_done(name, attribute, value)
            if message is None:
                known[attribute] = value
            else:
                self._pass_over(f"{_short(attribute)} of <{name}>", message, place)
        return known

    def _why_not_done(self, name: str, attribute: str, value: str) -> str | None:
        """What is wrong with an attribute; None where it means something."""
        if (name, attribute) in _NOT_DONE_ATTRIBUTES:
            return f"{attribute} of <{name}> is not done: {_NOT_DONE_ATTRIBUTES[name, attribute]}"
        if attribute not in (*ELEMENTS[name], *_ANYWHERE):
            known = ", ".join(ELEMENTS[name])
            return f"<{name}> has no attribute {_named(attribute)} (known: {known})"
        if attribute == "version" and value not in ("1.0", "1.1"):
            return f"version {shown(value)} of SSML is not known (known: 1.0, 1.1)"
        if attribute == "xml:lang" and not self._speaks(value):
            return (
                f"xml:lang of <{name}> is {shown(value)}, and the voice {shown(self._voice)} "
                f"speaks {self._language}"
            )
        return None

    def _speaks(self, language: str) -> bool:
        asked, own = language.lower().replace("_", "-"), self._language.lower()
        return asked == own or own.startswith(f"{asked}-") or asked.startswith(f"{own}-")

    def _voiced(self, attributes: dict[str, str], place: DocumentPlace, around: Style) -> Style:
        if "name" not in attributes:
            if "xml:lang" not in attributes and self._strict:
                raise refuse("<voice> needs a name", place)
            return around
        name = attributes["name"].strip()
        # one name, or several in the order in which they are liked
        for wanted in (
            name,
            *name.split(),
        ):
            if wanted in self._speakers:
                return replace(around, speaker=list(self._speakers).index(wanted))
            if wanted == self._voice:
                return replace(around, speaker=None)
        known = ", ".join(map(shown, dict.fromkeys((self._voice, *self._speakers))))
        self._pass_over(
            f"name of <voice>, {shown(name)}",
            f"<voice> {shown(name)} is no speaker of the voice {shown(self._voice)} (known: "
            f"{known}); another voice is another request",
            place,
        )
        return around

    def _lang(self, attributes: dict[str, str], place: DocumentPlace, around: Style) -> Style:
        if "xml:lang" not in attributes and self._strict:
            raise refuse("<lang> needs xml:lang", place)
        return around

    def _prosody(self, attributes: dict[str, str], place: DocumentPlace, around: Style) -> Style:
        style = around
        for attribute in ("rate", "pitch", "range", "volume"):
            if attribute not in attributes:
                continue
            value = attributes[attribute].strip()
            try:
                match attribute:
                    case "rate":
                        style = replace(style, rate=rate_of(value, around.rate))
                    case "pitch":
                        style = replace(style, pitch=pitch_of(value, around.pitch))
                    case "range":
                        style = replace(style, spread=spread_of(value, around.spread))
                    case _:
                        style = replace(style, gain=gain_of(value, around.gain))
            except ValueError as error:
                self._wrong("prosody", attribute, value, error, place)
        if self._strict and not attributes.keys() & {"rate", "pitch", "range", "volume"}:
            raise refuse("<prosody> needs rate, pitch, range or volume", place)
        return style

    def _emphasis(self, attributes: dict[str, str], place: DocumentPlace, around: Style) -> Style:
        level = attributes.get("level", "moderate").strip()
        try:
            return replace(around, emphasis=emphasis_of(level))
        except ValueError as error:
            self._wrong("emphasis", "level", level, error, place)
            return around

    def _break(self, attributes: dict[str, str], place: DocumentPlace, around: Style) -> Style:
        attribute = "time" if "time" in attributes else "strength"
        value = attributes.get(attribute, "medium").strip()
        try:
            # The strength is read all the same: a wrong one is a mistake, though the time alone
            # counts.
            seconds = strength_of(attributes.get("strength", "medium").strip())
            seconds = seconds_of(value) if attribute == "time" else seconds
        except ValueError as error:
            self._wrong("break", attribute, value, error, place)
            return around
        self._pause += seconds
        self._pauses += seconds
        if self._pause > MOST_BREAK_SECONDS + 1e-9:
            raise refuse(
                (
                    f"the breaks in one place come to {self._pause:g} seconds, and the limit is "
                    f"{MOST_BREAK_SECONDS:g}"
                ),
                place,
            )
        if self._pauses > MOST_BREAKS_SECONDS:
            raise refuse(
                f"the breaks of the document come to more than {MOST_BREAKS_SECONDS:g} seconds",
                place,
            )
        self._cues.append(Break(position=len(self._text), seconds=seconds))
        return around

    def _mark(self, attributes: dict[str, str], place: DocumentPlace, around: Style) -> Style:
        name = attributes.get("name", "")
        if not name:
            raise refuse("<mark> needs a name", place)
        if len(name) > LONGEST_NAME:
            raise refuse(
                f"the name of <mark> has {len(name)} characters, and the limit is {LONGEST_NAME}",
                place,
            )
        self._cues.append(Mark(position=len(self._text), name=name, origin=place.start))
        return around

    def _replace(self, element: _OpenElement) -> None:
        """What is said for a `<sub>`, `<say-as>` or `<phoneme>` that ends here. What is shown for
        one that holds nothing is what is said.
        """
        place, attributes = element.place, element.attributes
        needed = {"sub": "alias", "say-as": "interpret-as", "phoneme": "ph"}[element.name]
        if needed not in attributes:
            self._pass_over(f"<{element.name}>", f"<{element.name}> needs {needed}", place)
            return
        said = attributes[needed].strip()
        start, end = element.start, len(self._text)
        while start < end and self._text[start].isspace():
            start += 1
        while end > start and self._text[end - 1].isspace():
            end -= 1
        content = "".join(self._text[start:end])
        if not clean(content).text.strip():
            content = ""  # nothing of it can be seen
        if max(len(content), 0 if element.name == "phoneme" else len(said)) > LONGEST_REPLACED:
            raise refuse(f"<{element.name}> has more than {LONGEST_REPLACED} characters", place)
        try:
            words, size = _words_for(element, said, content)
        except ValueError as error:
            self._wrong(
                element.name, needed, said if element.name != "say-as" else content, error, place
            )
            return  # what it holds is spoken as it is written
        if size > LONGEST_SAID:
            raise refuse(
                (
                    f"what is said for <{element.name}> has {size} characters, and the limit is "
                    f"{LONGEST_SAID}"
                ),
                place,
            )
        if not content:
            if element.name == "say-as" or not clean(said).text.strip():
                return
            # what cannot be seen: its places lie behind those of what is shown instead
            del (
                self._text[element.start :],
                self._origins[element.start :],
            )
            if self._text and self._text[-1].isalnum():
                self._add(" ", [self._origins[-1]])
            start, end = len(self._text), len(self._text) + len(said)
            self._add(said, [place.start] * (len(said) - 1) + [place.end - 1])
        self._pause = 0.0
        self._replaced.append(Replaced(start=start, end=end, words=words, size=size))

    def _wrong(
        self, element: str, attribute: str, value: str, error: ValueError, place: DocumentPlace
    ) -> None:
        self._pass_over(
            f"{attribute} of <{element}>",
            f"{attribute} of <{element}>: {shown(value)} {error}",
            place,
        )


def _words_for(element: _OpenElement, said: str, content: str) -> tuple[tuple[SaidWord, ...], int]:
    """What is said for an element, and how many characters that is."""
    match element.name:
        case "sub":
            return _said(normalise(said).text)
        case "say-as":
            form = element.attributes.get("format", "").strip()
            return _said(say_as(content, said, form)) if content else ((), 0)
        case _:
            return _phonemes(said, element.attributes.get("alphabet", "ipa").strip(), content)


def _said(spoken: str) -> tuple[tuple[SaidWord, ...], int]:
    words = tuple(
        SaidWord(text=token.rstrip(_MARKS), mark=token[len(token.rstrip(_MARKS)) :])
        for token in spoken.split()
    )
    return words, len(spoken)


def _phonemes(ipa: str, alphabet: str, content: str) -> tuple[tuple[SaidWord, ...], int]:
    """As many words as are written, where the IPA has as many; else one."""
    if alphabet != "ipa":
        raise ValueError(f"is in the alphabet {shown(alphabet)}, and ipa is the one that is known")
    written, _ = _said(normalise(content).text)
    parts = ipa.split()
    if len(written) == len(parts) and parts:
        return tuple(
            replace(word, phones=phones_of(part)) for word, part in zip(written, parts, strict=True)
        ), len(ipa)
    text = "-".join(word.text for word in written) or "".join(
        character for character in ipa if character not in _MARKS and not character.isspace()
    )
    return (
        SaidWord(text=text, mark=written[-1].mark if written else "", phones=phones_of(ipa)),
    ), len(ipa)


def _short(name: str) -> str:
    """An element or attribute without its namespace."""
    return name.removeprefix("{").replace("}", " ").rpartition(" ")[2]


def _named(name: str) -> str:
    """An element or attribute of whatever namespace, as errors name it."""
    namespace, _, local = name.removeprefix("{").replace("}", " ").rpartition(" ")
    return shown(local) if not namespace else f"{shown(local)} of the namespace {shown(namespace)}"
