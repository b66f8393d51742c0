"""Text to linguistic features: `analyse` does it all, `Analysis` is what comes out, an `Analyser` does it a sentence at a time; `analyser_of` also takes
headings, SSML and phonemes.
"""

from __future__ import annotations

from vocoder.text.analysis import Analyser, Analysis, Sentence, SentenceSource, Skipped, analyse, analysis_of, in_order
from vocoder.text.delivery import Delivery
from vocoder.text.directed import analyser_of
from vocoder.text.features import LinguisticFeatures
from vocoder.text.lexicon import Lexicon
from vocoder.text.lexicon_dependencies import entries_needed
from vocoder.text.speech_input import Ipa, SpeechInput, Ssml, TextWithHeadings, as_json, field_name_of, source_text

__all__ = [
    "Analyser", "Analysis", "Delivery", "SpeechInput", "TextWithHeadings", "Ipa", "Lexicon", "LinguisticFeatures", "Sentence", "SentenceSource", "Skipped",
    "Ssml", "analyse", "analyser_of", "analysis_of", "as_json", "entries_needed", "field_name_of", "in_order", "source_text",
]  # fmt: skip
