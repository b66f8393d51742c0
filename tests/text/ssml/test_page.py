"""The page for users has every element, attribute, label and interpretation that there is."""

from __future__ import annotations

from pathlib import Path

from vocoder.text.ssml import values
from vocoder.text.ssml.parse import ELEMENTS
from vocoder.text.ssml.say_as import INTERPRETATIONS

SCHEMA_LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"
PAGE = (Path(__file__).parents[3] / "docs" / "SSML.md").read_text("utf-8")


def test_elements_and_attributes() -> None:
    for element, attributes in ELEMENTS.items():
        assert f"`<{element}" in PAGE or element == "speak"
        for attribute in attributes:
            assert attribute in PAGE or attribute in (SCHEMA_LOCATION, "role"), attribute


def test_labels_with_their_figures() -> None:
    for labels in (
        values.RATE_LABELS,
        values.PITCH_LABELS,
        values.RANGE_LABELS,
        values.BREAK_LABELS,
    ):
        for label, figure in labels.items():
            assert f"{label} {figure:g}" in PAGE or label == "default", label
    for label, decibels in values.VOLUME_LABELS.items():
        assert (
            label in ("silent", "default") or f"{label} {decibels:+g}".replace("+0", "0") in PAGE
        ), label
    assert all(f"`{interpretation}`" in PAGE for interpretation in INTERPRETATIONS)
    assert all(level in PAGE for level in values.EMPHASES)
