"""Text to linguistic features: `analyse` does it all, `Analysis` is what comes out."""

from __future__ import annotations

from vocoder.text.analysis import Analysis, Sentence, Skipped, analyse
from vocoder.text.features import LinguisticFeatures
from vocoder.text.lexicon import Lexicon

__all__ = ["Analysis", "Lexicon", "LinguisticFeatures", "Sentence", "Skipped", "analyse"]
