"""A lexicon as a JSON object: {"SQL": "ˈsiːkwəl", "WHO": {"alias": "World Health Organization"}}.

A string is IPA, and so is {"ipa": ...}; {"alias": ...} is a text that is read in the word's place.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from vocoder.errors import InputError
from vocoder.text.lexicon.lexicon import Lexicon


def from_json(text: str) -> Lexicon:
    """The lexicon that a JSON object says.

    Raises:
        InputError: field "lexicon"; it is not such an object, or as `Lexicon.of`.
    """
    try:
        read: object = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise InputError(f"the lexicon is not JSON: {error}", field="lexicon") from error
    if not isinstance(read, dict):
        raise InputError(
            "the lexicon is not a JSON object of words, and how they are said", field="lexicon"
        )
    return Lexicon.of(read)


def to_json(lexicon: Lexicon) -> str:
    """The inverse of `from_json`: a word a line, in the order of the alphabet; the same for
    lexicons that say the same.
    """
    said = {entry.word: entry.said for _, entry in sorted(lexicon.entries.items())}
    return json.dumps(said, ensure_ascii=False, indent=0) + "\n"


def _object(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise InputError(f"the lexicon has {name!r} twice", field="lexicon")
        found[name] = value
    return found
