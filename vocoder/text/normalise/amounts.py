"""How much of something: the number in front of a unit, a percent sign or a currency, which may be
a fraction or a range.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from vocoder.text.normalise.fractions import FRACTION, MIXED, fraction, is_part
from vocoder.text.normalise.numbers import NUMBER, SIGN, SIGNS, may_be_signed
from vocoder.text.normalise.source import Source
from vocoder.text.normalise.spelling import quantity

_ONE = rf"(?:{MIXED}|{FRACTION}|{NUMBER}|\.[0-9]++)"
_AMOUNT = re.compile(rf"({SIGN})({_ONE})(?:(\s?[-–]\s?|\sto\s)({_ONE}))?")
_SINGLE = re.compile(rf"({SIGN})({_ONE})")


@dataclass(frozen=True, kw_only=True)
class Amount:
    """A number that counts something.

    Attributes:
        spoken: in words.
        end: index behind it.
        is_one: whether what it counts stands in the singular.
    """

    spoken: str
    end: int
    is_one: bool


def amounts(source: Source, at: int) -> list[Amount]:
    """The amounts that may begin at `at`, the longest first: a range, then its first number
    alone.
    """
    found = [
        match for match in (_AMOUNT.match(source.text, at), _SINGLE.match(source.text, at)) if match
    ]
    if not found or (found[0].group(1) and not may_be_signed(source, at)):
        return []
    possible = []
    if found[0].lastindex == 4:
        spoken = (
            f"{SIGNS[found[0].group(1).strip()]}{number(found[0].group(2))} to "
            f"{number(found[0].group(4))}"
        )
        possible.append(Amount(spoken=spoken, end=found[0].end(), is_one=False))
    written = found[1].group(2)
    is_one = written == "1" or is_part(written)
    possible.append(
        Amount(
            spoken=SIGNS[found[1].group(1).strip()] + number(written),
            end=found[1].end(),
            is_one=is_one,
        )
    )
    return possible


def number(written: str) -> str:
    """A number or a fraction in words."""
    return fraction(written) if "/" in written else quantity(written)
