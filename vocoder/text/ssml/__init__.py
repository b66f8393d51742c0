"""SSML 1.1 (https://www.w3.org/TR/speech-synthesis11/): from a document to a text with directions
(`vocoder.text.script`).

    document -> document   elements and characters, each with its place (`vocoder.text.xml`)
             -> parse      what each element means here                values: attributes; say_as:
             readings
             -> Script     text, styles, replaced stretches, breaks, marks

Whatever is not understood is refused by name, with its line and column: markup that is passed over
in silence is a wrong reading that nobody sees.
"""

from __future__ import annotations

from vocoder.text.ssml.parse import read_ssml

__all__ = ["read_ssml"]
