"""What people write, and what a listener expects: `probes.tsv` holds what once went wrong (issue
22), `more_probes.tsv` further examples of the same kinds.

Expected are words, with " | " where a sentence must end and "||" between alternatives; or
"word=phonemes", a pattern that the word's phonemes must match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.text.said import phonemes_of
from vocoder.text import analyse


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One line of a table."""

    kind: str
    text: str
    expected: str


def _probes(name: str) -> list[Probe]:
    header, *lines = (
        (Path(__file__).parent / name).read_text(encoding="utf-8").rstrip("\n").split("\n")
    )
    assert header == "kind\tinput\texpected"
    fields = [line.split("\t") for line in lines]
    return [
        Probe(kind=kind, text=text.replace("\\n", "\n"), expected=expected)
        for kind, text, expected in fields
    ]


PROBES = [*_probes("probes.tsv"), *_probes("more_probes.tsv")]


@pytest.mark.parametrize(
    "probe",
    [probe for probe in PROBES if "=" not in probe.expected],
    ids=lambda probe: f"{probe.kind}: {probe.text}",
)
def test_words_are_those_that_a_listener_expects(probe: Probe) -> None:
    sentences = [" ".join(sentence.words).lower() for sentence in analyse(probe.text).sentences]
    for alternative in probe.expected.lower().split("||"):
        wanted = [" ".join(part.split()) for part in alternative.split(" | ")]
        if sentences == wanted or (len(wanted) == 1 and " ".join(sentences) == wanted[0]):
            return
    pytest.fail(f"read as {' | '.join(sentences)!r}, not {probe.expected!r}")


@pytest.mark.parametrize(
    "probe",
    [probe for probe in PROBES if "=" in probe.expected],
    ids=lambda probe: f"{probe.kind}: {probe.text}",
)
def test_words_are_said_as_a_listener_expects(probe: Probe) -> None:
    word, pattern = probe.expected.split("=")
    said = phonemes_of(probe.text, word)
    assert any(re.search(pattern, form) for one in said for form in one), (said, pattern)


def test_every_kind_of_the_issue_is_there() -> None:
    assert len(_probes("probes.tsv")) == 219
    assert len({probe.kind for probe in PROBES}) == 39
