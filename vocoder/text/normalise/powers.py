"""Powers: "x^2" (which is what cleaning makes of "x²"), "10^6", "1.5e-5"."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import ordinal, quantity

_EXPONENT = re.compile(r"\^(?:([-+]?)([0-9]{1,6})|([A-Za-z]))(?![^\W_])")
_SCIENTIFIC = re.compile(
    r"([-+]?)([0-9]{1,12}(?:\.[0-9]{1,12})?)[eE]([-+]?)([0-9]{1,4})(?![^\W_]|\.[0-9])"
)
_NOTE_BEHIND = re.compile(r"[^\W\d_]{3}\Z|[.,;:!?'\")\]]\Z")
_TERM = re.compile(r"\([^()]{0,40}[-+*/=^0-9][^()]{0,40}\)\Z")  # "(a + b)^2"
_FAR = 90
_SMALL = {"2": "squared", "3": "cubed"}
_SIGNS = {"-": "minus ", "+": "", "": ""}


def read_exponent(source: Source, at: int) -> Reading | None:
    """What stands behind "^"; a raised number behind a word or a mark is that of a note, which is
    not read out.
    """
    text = source.text
    found = _EXPONENT.match(text, at)
    if found is None:
        return None
    if (
        found.group(2)
        and _NOTE_BEHIND.search(text[max(0, at - 3) : at])
        and not _TERM.search(text[max(0, at - _FAR) : at])
    ):
        return Reading(
            spoken="", end=found.end(), skipped=((found.group()[1:], "is the number of a note"),)
        )
    return Reading(
        spoken=_power(found.group(1) or "", found.group(2) or found.group(3)), end=found.end()
    )


def read_scientific(source: Source, at: int) -> Reading | None:
    """Numbers as computers write them: "1.5e-5"."""
    found = _SCIENTIFIC.match(source.text, at)
    if (
        found is None
        or not source.starts_token(at)
        or (found.group(1) and source.character_before(at).strip())
    ):
        return None
    sign, mantissa, exponent_sign, exponent = found.groups()
    if not ("." in mantissa or exponent_sign or len(mantissa) == 1):
        return None  # "12E5" is more likely a code
    minus = "minus " if sign == "-" else ""
    return Reading(
        spoken=(
            f"{minus}{quantity(mantissa)} times ten {_to_the(exponent_sign, str(int(exponent)))}"
        ),
        end=found.end(),
    )


def _power(sign: str, exponent: str) -> str:
    if not sign and exponent in _SMALL:
        return _SMALL[exponent]
    return _to_the(sign, exponent) if exponent.isdigit() else f"to the {exponent.upper()}"


def _to_the(sign: str, exponent: str) -> str:
    return f"to the {_SIGNS[sign]}{ordinal(exponent)}"
