"""What the values of SSML's attributes mean, in figures.

The recommendation leaves the figures of labels to whoever implements it. Those of rate, pitch and
breaks are the ones that Microsoft documents for Azure's speech service, so that what was tuned
there keeps its proportions; the others, and all ranges, are Sonant's own. Functions raise
`ValueError` with the end of a sentence that begins with the attribute and its value.
"""

from __future__ import annotations

import math
import re

from vocoder.text.script import SEMITONE, Emphasis, Pitch

RATES = (0.25, 4.0)  # times as fast
SCALES = (0.5, 2.0)  # of pitch, an octave down and up
ABSOLUTE_HZ = (50.0, 500.0)
OFFSET_HZ = (-200.0, 200.0)
SPREADS = (0.0, 4.0)
GAINS = (0.0, 4.0)  # times the amplitude: +12 dB
MOST_BREAK_SECONDS = 10.0

RATE_LABELS = {
    "x-slow": 0.5,
    "slow": 0.64,
    "medium": 1.0,
    "fast": 1.55,
    "x-fast": 2.0,
    "default": 1.0,
}
PITCH_LABELS = {
    "x-low": 0.55,
    "low": 0.8,
    "medium": 1.0,
    "high": 1.2,
    "x-high": 1.45,
    "default": 1.0,
}
RANGE_LABELS = {"x-low": 0.4, "low": 0.7, "medium": 1.0, "high": 1.4, "x-high": 2.0, "default": 1.0}
# dB
VOLUME_LABELS = {
    "silent": -math.inf,
    "x-soft": -12.0,
    "soft": -6.0,
    "medium": 0.0,
    "loud": 3.0,
    "x-loud": 6.0,
    "default": 0.0,
}
# seconds
BREAK_LABELS = {
    "none": 0.0,
    "x-weak": 0.25,
    "weak": 0.5,
    "medium": 0.75,
    "strong": 1.0,
    "x-strong": 1.25,
}
EMPHASES = {
    "strong": Emphasis(rate=0.85, semitones=2.0, gain_db=3.0),
    "moderate": Emphasis(rate=0.92, semitones=1.0, gain_db=1.5),
    "reduced": Emphasis(rate=1.1, semitones=-1.0, gain_db=-2.0),
    "none": Emphasis(),
}

_NUMBER = r"[0-9]{1,6}(?:\.[0-9]{0,6})?|\.[0-9]{1,6}"
_QUANTITY = re.compile(
    rf"(?P<sign>[+-]?)(?P<number>{_NUMBER})\s?(?P<unit>%|Hz|st|dB|ms|s|)", re.IGNORECASE
)


def _quantity(value: str) -> tuple[str, float, str] | None:
    """Sign, number and unit in lower case; None for what is none."""
    found = _QUANTITY.fullmatch(value)
    return None if found is None else (found["sign"], float(found["number"]), found["unit"].lower())


def _within(figure: float, limits: tuple[float, float], what: str) -> float:
    if not limits[0] - 1e-9 <= figure <= limits[1] + 1e-9:
        raise ValueError(
            f"comes to {figure:.6g} {what}, which must lie in {limits[0]:g}..{limits[1]:g}"
        )
    return figure


def _one_of(labels: dict[str, float]) -> str:
    return ", ".join(labels)


def rate_of(value: str, around: float) -> float:
    """How fast, times the voice's own speed.

    Args:
        value: a label, "120%" or "1.2" of the voice's own, or "+20%" of what is around.
        around: the same of the element around.
    """
    if value in RATE_LABELS:
        return RATE_LABELS[value]
    match _quantity(value):
        case ("", number, "%"):
            return _within(number / 100, RATES, "times the voice's speed")
        case ("", number, ""):
            return _within(number, RATES, "times the voice's speed")
        case (sign, number, "%"):
            return _within(
                around * (1 + float(sign + "1") * number / 100), RATES, "times the voice's speed"
            )
    raise ValueError(
        f"is none of {_one_of(RATE_LABELS)}, a percentage as 120% or +20%, or a factor as 1.2"
    )


def pitch_of(value: str, around: Pitch) -> Pitch:
    """Where pitch is moved.

    Args:
        value: a label; "200Hz", which the mean becomes; "+2st", "+10%" or "+15Hz" from what is
            around.
        around: the same of the element around.
    """
    if value in PITCH_LABELS:
        return Pitch(scale=PITCH_LABELS[value])
    match _quantity(value):
        case ("", number, "hz"):
            return Pitch(scale=0.0, offset_hz=_within(number, ABSOLUTE_HZ, "Hz"))
        case ("+" | "-" as sign, number, "hz"):
            return _checked(
                Pitch(scale=around.scale, offset_hz=around.offset_hz + float(sign + "1") * number)
            )
        case ("+" | "-" as sign, number, "%"):
            return _checked(around.times(max(1 + float(sign + "1") * number / 100, 1e-6)))
        case ("+" | "-" as sign, number, "st"):
            return _checked(around.times(SEMITONE ** (float(sign + "1") * min(number, 100.0))))
    raise ValueError(
        f"is none of {_one_of(PITCH_LABELS)}, a frequency as 200Hz, or a change with its sign as "
        f"+2st, -10% or +15Hz"
    )


def _checked(pitch: Pitch) -> Pitch:
    """A pitch, where it is within its ranges."""
    if pitch.scale == 0.0:
        _within(pitch.offset_hz, ABSOLUTE_HZ, "Hz")
    else:
        _within(pitch.scale, SCALES, "times the voice's pitch")
        _within(pitch.offset_hz, OFFSET_HZ, "Hz beside the voice's pitch")
    return pitch


def spread_of(value: str, around: float) -> float:
    """How far pitch departs from its mean, times the voice's own: a label, or "+20%" of what is
    around.
    """
    if value in RANGE_LABELS:
        return RANGE_LABELS[value]
    match _quantity(value):
        case ("+" | "-" as sign, number, "%"):
            return _within(
                around * (1 + float(sign + "1") * number / 100), SPREADS, "times the voice's range"
            )
    raise ValueError(f"is none of {_one_of(RANGE_LABELS)}, or a change with its sign as +20%")


def gain_of(value: str, around: float) -> float:
    """How loud, times the voice's own amplitude.

    Args:
        value: a label; a number of 0..100, of which 100 is the voice's own (SSML 1.0); "+6dB" or
            "+20%" of what is around.
        around: the same of the element around.
    """
    if value in VOLUME_LABELS:
        return math.pow(10.0, VOLUME_LABELS[value] / 20.0)
    match _quantity(value):
        case ("", number, ""):
            return _within(number, (0.0, 100.0), "of 100") / 100
        case ("+" | "-" as sign, number, "db"):
            return _within(
                around * math.pow(10.0, float(sign + "1") * min(number, 200.0) / 20.0),
                GAINS,
                "times the voice's amplitude",
            )
        case ("+" | "-" as sign, number, "%"):
            return _within(
                around * (1 + float(sign + "1") * number / 100),
                GAINS,
                "times the voice's amplitude",
            )
    raise ValueError(
        f"is none of {_one_of(VOLUME_LABELS)}, a number of 0..100, or a change with its sign as "
        f"+6dB or -20%"
    )


def seconds_of(value: str) -> float:
    """A time of 0..10 seconds: "1.5s", "300ms"."""
    match _quantity(value):
        case ("" | "+", number, "s"):
            return _within(number, (0.0, MOST_BREAK_SECONDS), "seconds")
        case ("" | "+", number, "ms"):
            return _within(number / 1000, (0.0, MOST_BREAK_SECONDS), "seconds")
    raise ValueError("is no time as 1.5s or 300ms")


def strength_of(value: str) -> float:
    """The seconds of a break of a strength."""
    if value not in BREAK_LABELS:
        raise ValueError(f"is none of {_one_of(BREAK_LABELS)}")
    return BREAK_LABELS[value]


def emphasis_of(value: str) -> Emphasis:
    """How a level of emphasis sounds."""
    if value not in EMPHASES:
        raise ValueError(f"is none of {', '.join(EMPHASES)}")
    return EMPHASES[value]
