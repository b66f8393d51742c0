"""The field `lexicon` of a request: words that are said as it says, this once."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from vocoder.errors import InputError
from vocoder.text.lexicon import Lexicon

MOST_ENTRIES = 1_000
EXAMPLE = {"SQL": "ˈsiːkwəl", "WHO": {"alias": "World Health Organization"}}
_SAID = [
    {"type": "string", "description": "IPA."},
    *(
        {
            "type": "object",
            "properties": {form: {"type": "string"}},
            "required": [form],
            "additionalProperties": False,
        }
        for form in ("ipa", "alias")  # alias: a text that is read in the word's place
    ),
]
SAID: dict[str, Any] = {"anyOf": _SAID}
WORDS: dict[str, Any] = {"type": "object", "additionalProperties": SAID, "examples": [EXAMPLE]}


def _lexicon(value: object) -> Lexicon | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise PydanticCustomError(
            "object_type", "must be an object of words, and how they are said"
        )
    try:
        return Lexicon.of(value, most_entries=MOST_ENTRIES)
    except InputError as error:
        raise PydanticCustomError("lexicon", "{why}", {"why": str(error)}) from error


RequestLexicon = Annotated[
    Lexicon | None,
    PlainValidator(_lexicon),
    WithJsonSchema({"anyOf": [WORDS | {"maxProperties": MOST_ENTRIES}, {"type": "null"}]}),
]
DESCRIPTION = (
    f"Words that are said in their own way, at most {MOST_ENTRIES}: their IPA, or an alias that "
    f"is read in their place. It goes over the lexicon that is stored for the voice."
)
