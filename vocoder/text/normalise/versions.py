"""Versions and other numbers with several points: "v2.1.3", "17.2.1", "192.168.0.1"."""

from __future__ import annotations

import re

from vocoder.text.normalise.source import Reading, Source
from vocoder.text.normalise.spelling import cardinal, label

_PART = r"[0-9]{1,12}"
_VERSION = re.compile(rf"[vV](?:er)?\.?\s?({_PART}(?:\.{_PART}){{0,8}})(?![^\W_]|\.[0-9])")
_POINTS = re.compile(rf"{_PART}(?:\.{_PART}){{2,8}}(?![^\W_])")
_ADDRESS_PARTS = 4  # numbers in an internet address
_GREATEST_PART = 999


def read_version(source: Source, at: int) -> Reading | None:
    """A "v" with a number: "v2.1" -> "version two point one"."""
    found = _VERSION.match(source.text, at)
    if found is None or not source.starts_token(at):
        return None
    return Reading(spoken="version " + _points(found.group(1)), end=found.end())


def read_points(source: Source, at: int) -> Reading | None:
    """A number with two points or more. With four parts, each of three digits at most, it is an
    internet address, and the points are dots.
    """
    found = _POINTS.match(source.text, at)
    if found is None or not source.starts_token(at):
        return None
    parts = found.group().split(".")
    if len(parts) == _ADDRESS_PARTS and all(int(part) <= _GREATEST_PART for part in parts):
        return Reading(spoken=" dot ".join(label(part) for part in parts), end=found.end())
    return Reading(spoken=_points(found.group()), end=found.end())


def _points(written: str) -> str:
    return " point ".join(cardinal(part) for part in written.split("."))
