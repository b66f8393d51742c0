"""Numbers that are told digit by digit because of the words before them: one-time codes, postal
codes, cards, orders, bookings, accounts.
"""

from __future__ import annotations

import re

from vocoder.text.normalise.capital_words import is_known
from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import letters, one_by_one

_NUMBER = re.compile(
    r"([0-9]{3,20}(?:[ -][0-9]{3,4}(?![0-9])){0,4})(?![^\W_]|[.,:/'°%-][0-9]|[%°$€£¥])"
)
_MIXED = re.compile(
    r"(?=[A-Za-z]{0,12}[0-9])(?=[0-9]{0,12}[A-Za-z])[A-Za-z0-9]{4,16}(?![^\W_]|[-./'][^\W_])"
)
_CARD = re.compile(r"[0-9]{4}(?:[ -][0-9]{4}){3}(?![^\W_])")
_RUNS = re.compile(r"[0-9]+|[A-Z]+|[a-z]+")
_LONGEST_SPELLED = 3  # letters of a run that are spelled whatever they are
_FAR = 60  # characters in which the words before are looked for
_LINK = (
    r"(?:\s?(?:#|:|is|was|are|reads|number|numbers|no\.?|code|codes|id|of|as|enter|use|-|–|=))*"
    r"[\s:#\"'(]*\Z"
)


def _behind(*words: str) -> re.Pattern[str]:
    """The text before a number, where it ends with one of these words and what may link the two."""
    return re.compile(
        rf"\b(?:{'|'.join('|'.join(some.split()).replace('_', ' ') for some in words)}){_LINK}",
        re.IGNORECASE,
    )


# What is told digit by digit however short it is ...
_SECRET = _behind(
    (
        "otp pin pins pincode passcode passcodes password passwd zip zipcode postcode postal cvv "
        "cvc ssn pnr imei iban ending_in ending_with ends_in ends_with"
    ),
    (
        "card_ending account_ending number_ending visa_ending mastercard_ending amex_ending "
        "last_(?:four|4|three|3|five|5)_digits"
    ),
    "(?:verification|security|access|activation|confirmation|area|door|gate|promo|discount|voucher|login|entry|country|sort|dial|unlock|one-time)_code",
    r"(?:authentication|auth|error|status|product|booking|tracking|the|your|my|this|a|enter|use|secret|backup|sms|bank|routing|pairing|swift|bar)_code",
    r"(?<![a-z]\s)code",
)
# ... and what counts nothing where it has many digits.
_NAMED = _behind(
    (
        "order orders booking bookings reservation reference ref confirmation tracking account "
        "acct invoice ticket case claim serial licen[cs]e policy member"
    ),
    (
        "membership customer client employee student passport transaction receipt shipment parcel "
        "card patient request incident id phone telephone mobile cell"
    ),
    (
        "fax number registration permit docket routing patent badge asset gate lot batch isbn upc "
        "sku code enter type"
    ),
)
_SIGN_BEFORE = re.compile(r"#\Z")
_LONG = 5  # digits from which on a number behind such a word is no count
_SIGNED = 4  # digits from which on it is none behind such a word and "#"
_VERY_LONG = 6  # digits from which on a number behind "#" is none
_COUNTED = re.compile(
    r"\s(?!(?:is|was|has|as|this|does|shows|expires|ships|needs|asks|gets|works|appears|opens|remains|arrives)\b)(?:[a-z]{2,20}s|people|men|women|children)\b"
)


def read_code(source: Source, at: int) -> Reading | None:
    """Digits, or digits and letters, behind a word for a code: "The OTP is 4829" -> "four eight two
    nine".
    """
    text = source.text
    if not source.starts_token(at):
        return None
    if card := _CARD.match(text, at):
        return Reading(spoken=_in_groups(card.group()), end=card.end())
    found = _NUMBER.match(text, at)
    if found is None:
        mixed = _MIXED.match(text, at)
        if mixed is None or not _SECRET.search(text[max(0, at - _FAR) : at]):
            return None
        return Reading(spoken=" ".join(map(_run, _RUNS.findall(mixed.group()))), end=mixed.end())
    before, digits = text[max(0, at - _FAR) : at], found.group(1)
    if before[-1:] in ("$", "€", "£", "¥", "+", "-", "."):
        return None
    counts = _COUNTED.match(text, found.end()) is not None
    told = _SECRET.search(before) is not None and not (counts and len(digits) < _LONG)
    named_at_all = _NAMED.search(before) is not None
    named = len(digits) >= _LONG and _NAMED.search(before) is not None and not counts
    named = named or (named_at_all and len(digits) >= _SIGNED and before[-1:] == "#")
    signed = len(digits) >= _VERY_LONG and _SIGN_BEFORE.search(before) is not None
    if not (told or named or signed):
        return None
    hyphened = "-" in digits and " " not in digits and named_at_all
    # only the first group is sure to belong to it
    if not digits.isdigit() and not told and not hyphened:
        digits = re.split("[ -]", digits)[0]
        return (
            Reading(spoken=one_by_one(digits), end=at + len(digits))
            if len(digits) >= _LONG
            else None
        )
    return Reading(spoken=_in_groups(digits), end=at + len(digits))


def _run(run: str) -> str:
    """Digits one by one, letters by their names; "hunter" of "hunter2" is a word."""
    return (
        one_by_one(run)
        if run.isdigit()
        else run
        if len(run) > _LONGEST_SPELLED and run.islower() and is_known(run)
        else letters(run)
    )


def _in_groups(written: str) -> str:
    return ", ".join(one_by_one(group) for group in re.split("[ -]", written))
