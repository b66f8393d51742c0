"""Limits of a request. Imports nothing, so that `sonant --help` need not load what computes."""

from __future__ import annotations

# characters of a text where nobody sets another limit: a chapter, about two hours of speech
TEXT_LIMIT = 100_000
LENGTH_SCALES = (0.25, 4.0)
PITCHES = (-12.0, 12.0)  # semitones
VOLUMES = (0.0, 4.0)
TEMPERATURES = (0.0, 2.0)
