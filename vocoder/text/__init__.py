"""Text to linguistic features: `analyse` does it all, `Analysis` is what comes out, an `Analyser` does it a sentence at a time; `analyser_of` also takes
headings, SSML and phonemes.

speech_input          what may be given to be spoken
cleaning, sentences   any Unicode to clean text, and to sentences
normalise             numbers, dates and the like to words
lexicon               pronunciations that somebody lists; lexicon_dependencies: which of them a text needs
phonemes, espeak      words to phonemes; inventory: which there are; ipa, letters, word_boundaries: on the way
question_intonation   which questions rise
features              linguistic features of each phoneme
analysis              all of that for plain text
ssml, headings        documents and headings to a script; script: a text with directions; xml: XML from strangers
directed, delivery    a script to sentences, and how each is to be spoken
"""

from __future__ import annotations

from vocoder.text.analysis import Analyser, Analysis, Sentence, SentenceSource, Skipped, analyse, analysis_of, in_order
from vocoder.text.delivery import Delivery
from vocoder.text.directed import analyser_of
from vocoder.text.features import LinguisticFeatures
from vocoder.text.lexicon import Lexicon
from vocoder.text.lexicon_dependencies import entries_needed
from vocoder.text.speech_input import INPUT_FIELDS, Ipa, SpeechInput, Ssml, TextWithHeadings, as_json, field_name_of, source_text, speech_input_of

__all__ = [
    "INPUT_FIELDS", "Analyser", "Analysis", "Delivery", "SpeechInput", "TextWithHeadings", "Ipa", "Lexicon", "LinguisticFeatures", "Sentence",
    "SentenceSource", "Skipped", "Ssml", "analyse", "analyser_of", "analysis_of", "as_json", "entries_needed", "field_name_of", "in_order", "source_text",
    "speech_input_of",
]  # fmt: skip
