"""Text to linguistic features: `analyse` does it all, `Analysis` is what comes out; an `Analyser` does it a sentence at a time."""

from __future__ import annotations

from vocoder.text.analysis import Analyser, Analysis, Sentence, Skipped, analyse, in_order
from vocoder.text.features import LinguisticFeatures
from vocoder.text.lexicon import Lexicon

__all__ = ["Analyser", "Analysis", "Lexicon", "LinguisticFeatures", "Sentence", "Skipped", "analyse", "in_order"]
