"""Plain numbers: cardinals, decimals, ordinals, signs; and the patterns that the rules for special
numbers are made of.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import ordinal, quantity

# Thousands groups are bounded, because a longer number has no name; digits are possessive (++): a
# run is taken whole or not at all, so nothing is tried twice.
# India's groups of two before the last three (2,50,000) are read as well.
NUMBER = (
    r"(?:[0-9]{1,3}(?:,[0-9]{3}){1,40}(?![0-9])|[0-9]{1,2}(?:,[0-9]{2}){1,40},[0-9]{3}(?![0-9])|[0-9]++)"
    r"(?:\.[0-9]++)?"
)
SIGN = r"(?:[-+±]|[~≈]\s?)?"
SIGNS = {
    "-": "minus ",
    "+": "plus ",
    "±": "plus or minus ",
    "~": "about ",
    "≈": "approximately ",
    "": "",
}
_SIGNED = re.compile(rf"({SIGN})({NUMBER}|\.[0-9]++)")
_ORDINAL = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3}){1,40}|[0-9]++)(?:st|nd|rd|th|ST|ND|RD|TH)(?![^\W_])"
)


def read_ordinal(source: Source, at: int) -> Reading | None:
    """Ordinals: "22nd" -> "twenty-second"."""
    found = _ORDINAL.match(source.text, at)
    return (
        Reading(spoken=ordinal(found.group(1).replace(",", "")), end=found.end()) if found else None
    )


def read_number(source: Source, at: int) -> Reading | None:
    """Numbers with or without a sign: "-1,234.5" -> "minus one thousand two hundred thirty-four
    point five".
    """
    found = _SIGNED.match(source.text, at)
    if found is None or (found.group(1) and not may_be_signed(source, at)):
        return None
    return Reading(spoken=SIGNS[found.group(1).strip()] + quantity(found.group(2)), end=found.end())


def may_be_signed(source: Source, at: int) -> bool:
    """Whether a sign at `at` belongs to the number behind it: nothing stands before it but a space
    or an opening mark.
    """
    before = source.character_before(at)
    return not before or before.isspace() or before in "([{\"'=<>≤≥~:→*×÷"
