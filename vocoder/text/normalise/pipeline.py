"""The order in which rules are asked.

At each position the rules for what stands there (a letter, a digit, anything else) are asked one
after the other, and the first that answers is believed. So
the order says which reading wins where several are possible: the more special before the more
general.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import product

from vocoder.text.normalise.abbreviation_names import (
    AFTER_NAME,
    BEFORE_NAME,
    BEFORE_NUMBER,
    CAPITAL_AND_STOP,
    PLAIN,
    SCRIPTURE,
)
from vocoder.text.normalise.abbreviations import read_abbreviation
from vocoder.text.normalise.addresses import read_address, read_handle, read_suffix
from vocoder.text.normalise.alphanumerics import read_alphanumeric, read_joined_capitals
from vocoder.text.normalise.codes import read_code
from vocoder.text.normalise.compounds import read_compound
from vocoder.text.normalise.dates import MONTHS, read_named_date, read_numeric_date
from vocoder.text.normalise.formulas import read_formula, read_move
from vocoder.text.normalise.fractions import read_fraction, read_rating
from vocoder.text.normalise.initialisms import MIXED_CASE
from vocoder.text.normalise.labels import read_label, read_product
from vocoder.text.normalise.markup import read_markup
from vocoder.text.normalise.money import read_money
from vocoder.text.normalise.numbers import read_number, read_ordinal
from vocoder.text.normalise.paths import read_path
from vocoder.text.normalise.places import read_state
from vocoder.text.normalise.powers import read_exponent, read_scientific
from vocoder.text.normalise.punctuation import read_mark, read_silent
from vocoder.text.normalise.ranges import read_link, read_range
from vocoder.text.normalise.romans import read_roman
from vocoder.text.normalise.scripture import WHOLE_BOOKS, read_scripture
from vocoder.text.normalise.source import Reading, Rule, Source
from vocoder.text.normalise.symbols import read_symbol, read_unspeakable
from vocoder.text.normalise.telephone import read_digit_groups, read_telephone
from vocoder.text.normalise.times import read_duration, read_time
from vocoder.text.normalise.units import read_amount, read_bare_unit
from vocoder.text.normalise.versions import read_points, read_version
from vocoder.text.normalise.weekdays import read_weekday
from vocoder.text.normalise.word_lists import listed
from vocoder.text.normalise.words import read_word
from vocoder.text.normalise.years import read_decade, read_year

AT_LETTER: tuple[Rule, ...] = (
    read_address,
    read_path,
    read_scripture,
    read_money,  # US$5, EUR 50
    read_version,
    read_named_date,
    read_weekday,
    read_code,  # AB9453
    read_state,
    read_roman,
    read_joined_capitals,
    read_formula,
    read_move,
    read_alphanumeric,
    read_bare_unit,  # km/h
    read_abbreviation,
    read_word,
)
AT_DIGIT: tuple[Rule, ...] = (
    read_address,
    read_path,
    read_scripture,  # 1 Cor. 13:4
    read_numeric_date,
    read_telephone,
    read_time,
    read_duration,
    read_digit_groups,
    read_code,
    read_label,
    read_money,  # 20€, 3 USD
    read_decade,  # before units: "1990s" are no seconds
    read_product,
    read_rating,
    read_amount,
    read_scientific,
    read_year,
    read_fraction,
    read_points,
    read_range,
    read_compound,
    read_ordinal,
    read_alphanumeric,
    read_number,
)
AT_OTHER: tuple[Rule, ...] = (
    read_markup,
    read_handle,
    read_path,
    read_telephone,  # (555) 123-4567, +1 555 123 4567
    read_money,
    read_decade,  # '90s
    read_amount,  # -5°C, .5 km
    read_scientific,
    read_fraction,
    read_exponent,
    read_link,
    read_number,
    read_suffix,  # .NET
    read_word,  # 'tis
    read_symbol,
    read_mark,
    read_silent,
)


# Most words are small letters between spaces, and no rule but that of words has anything to say of
# them unless they are listed here: it is asked at once.
_PLAIN_WORD = re.compile(r"(?<![^\s\"(])[A-Za-z][a-z]+(?=[\s,;])")
_NOT_PLAIN = (
    frozenset(PLAIN) | frozenset(BEFORE_NUMBER) | frozenset(AFTER_NAME) | frozenset(BEFORE_NAME)
    | frozenset(CAPITAL_AND_STOP) | frozenset(MONTHS)
    | frozenset(SCRIPTURE) | WHOLE_BOOKS | MIXED_CASE
    | listed("et kr rs th tu vs ver file mailto song")
    | frozenset(small for small in map("".join, product("ivxl", repeat=2)))
    | frozenset(small for small in map("".join, product("ivxl", repeat=3)))
    | frozenset(small for small in map("".join, product("ivxl", repeat=4)))
)  # fmt: skip
# What a rule is called where a reading is explained.
NAMES = {
    rule: rule.__name__.removeprefix("read_").replace("_", " ")
    for rule in (*AT_LETTER, *AT_DIGIT, *AT_OTHER)
}

Known = Callable[[str, int], Reading | None]


def read(source: Source, known: Known | None = None) -> list[tuple[int, Reading, str]]:
    """Readings of the whole text, each with the index at which it begins and its rule's name, in
    order, without gaps but for spaces; `known` is asked before all rules at the beginning of a
    word.
    """
    readings: list[tuple[int, Reading, str]] = []
    text = source.text
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        own = known(text, at) if known is not None and source.starts_token(at) else None
        if (
            own is None
            and (plain := _PLAIN_WORD.match(text, at))
            and plain.group().lower() not in _NOT_PLAIN
        ):
            readings.append((at, Reading(spoken=plain.group().lower(), end=plain.end()), "word"))
            at = plain.end()
            continue
        reading, rule = _first(source, at) if own is None else (own, "lexicon")
        assert reading.end > at, "a rule reads at least one character"
        readings.append((at, reading, rule))
        at = reading.end
    return readings


def _first(source: Source, at: int) -> tuple[Reading, str]:
    character = source.text[at]
    rules = AT_LETTER if character.isalpha() else AT_DIGIT if "0" <= character <= "9" else AT_OTHER
    for rule in rules:
        reading = rule(source, at)
        if reading is not None:
            return reading, NAMES[rule]
    return read_unspeakable(source, at), "unspeakable"
