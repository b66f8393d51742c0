"""Long numbers whose digits are grouped by other marks than commas: "10 000", "1'000'000",
"1_000_000", "12.345,67".

They are written with commas before any rule sees them, character for character, so that places stay
what they are.
"""

from __future__ import annotations

import re

_SPACED = re.compile(
    r"(?<![\w.,'()+-])(?<![0-9()-] )[1-9][0-9]{0,2}(?:(?: [0-9]{3}){2,4}| [0-9]00)(?!\w|[.,' "
    r"-][0-9])"
)
_MARKED = re.compile(
    r"(?<![\w.,'])[1-9][0-9]{0,2}(?:(?:'[0-9]{3}){1,5}|(?:_[0-9]{3}){1,5})(?!\w|'[0-9])"
)
_CONTINENTAL = re.compile(
    r"(?<![\w.,'])[1-9][0-9]{0,2}(?:\.[0-9]{3}){1,5},[0-9]{1,2}(?![\w.,])|(?<![\w.,'])[1-9][0-9]{0,2}(?:\.[0-9]{3}){2,5}(?![\w.,]\w|\w)"
)
_ADDRESS = re.compile(r"[0-9]{1,3}(?:\.[0-2][0-9]{2}){3}")  # of a machine
_COMMAS = str.maketrans(" '_", ",,,")
_SWAPPED = str.maketrans(".,", ",.")


def regroup(text: str) -> str:
    """The same text, of the same length, with commas between thousands."""
    if not any(character.isdigit() for character in text):
        return text
    text = _SPACED.sub(lambda found: found.group().translate(_COMMAS), text)
    text = _MARKED.sub(lambda found: found.group().translate(_COMMAS), text)
    return _CONTINENTAL.sub(
        lambda found: (
            found.group()
            if _ADDRESS.fullmatch(found.group())
            else found.group().translate(_SWAPPED)
        ),
        text,
    )
