"""What may be given to be spoken: plain text, with or without headings, an SSML document, or
phonemes. A plain string is a text; the others are values of a type of their own.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextWithHeadings:
    """A plain text in which lines like "# Title" are headings (`vocoder.text.headings`).

    Attributes:
        text: any string.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Ssml:
    """A document in the Speech Synthesis Markup Language, version 1.1
    (https://www.w3.org/TR/speech-synthesis11/); `docs/SSML.md` says what of it is spoken.

    Attributes:
        document: from `<speak>` to `</speak>`, with or without an XML declaration.
        strict: whether what is not spoken here is an error. Otherwise elements, attributes and
            values of other services are passed over, and told.
    """

    document: str
    strict: bool = True


@dataclass(frozen=True, slots=True)
class Ipa:
    """Phonemes in place of a text.

    Attributes:
        phonemes: words in IPA between spaces, with the marks , ; : . ? ! — behind them where the
            speaker pauses: "həˈloʊ, ˈwɜːld."
    """

    phonemes: str


SpeechInput = str | TextWithHeadings | Ssml | Ipa
INPUT_FIELDS = ("text", "ssml", "phonemes")  # of a request or a line, which has one of them


def speech_input_of(field: str, given: str, *, strict: bool = True) -> SpeechInput:
    """What one of `INPUT_FIELDS` holds; `strict` as in `Ssml`."""
    if field == "ssml":
        return Ssml(given, strict=strict)
    return Ipa(given) if field == "phonemes" else given


def source_text(given: SpeechInput) -> str:
    """What was written, whatever it is."""
    match given:
        case TextWithHeadings():
            return given.text
        case Ssml():
            return given.document
        case Ipa():
            return given.phonemes
        case _:
            return given


def field_name_of(given: SpeechInput) -> str:
    """The field of a request that holds it: "text", "ssml" or "phonemes"."""
    return "ssml" if isinstance(given, Ssml) else "phonemes" if isinstance(given, Ipa) else "text"


def as_json(given: SpeechInput) -> str | dict[str, str]:
    """What was given, as JSON has it: a text by itself, others by the name of their field."""
    return given if isinstance(given, str) else {field_name_of(given): source_text(given)}
