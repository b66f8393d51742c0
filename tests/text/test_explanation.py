"""Explanations: a line for each stretch of text that one rule read."""

from __future__ import annotations

from vocoder.text import analyse
from vocoder.text.explanation import explained


def test_each_line_says_what_was_written_how_it_is_read_and_by_which_rule() -> None:
    told = explained(analyse("Lucas paid $5 on July 4. I read it.").sentences)
    header, *lines = [line.split("\t") for line in told.split("\n")]
    assert header == ["written", "spoken", "phonemes", "rule", "told by"]
    assert lines == [
        ["Lucas", "lucas", "lˈuːkəs", "word", "exception"],
        ["paid", "paid", "pˈeɪd", "word", "espeak-ng"],
        ["$5", "five dollars", "fˈaɪv dˈɑːlɚz", "money", "espeak-ng"],
        ["on", "on", "ˌɔn", "word", "espeak-ng"],
        ["July 4", "july fourth", "dʒuːlˈaɪ fˈɔːɹθ", "named date", "espeak-ng"],
        [""],
        ["I", "I", "aɪ", "word", "espeak-ng"],
        ["read", "read", "ɹˈɛd", "word", "homograph: past"],
        ["it", "it", "ɪt", "word", "espeak-ng"],
        [""],
        [""],
    ]


def test_nothing_to_say_is_a_header_alone() -> None:
    assert explained(()) == "written\tspoken\tphonemes\trule\ttold by\n"
