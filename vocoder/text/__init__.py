"""Text to linguistic features: `analyse` does all of it.

speech_input          what may be given to be spoken
cleaning, sentences   any Unicode to clean text, and to sentences
normalise             numbers, dates and the like to words
homographs            which sense of a homograph is meant
exceptions            words that espeak-ng mispronounces
pronunciation         words to phones: lexicon, homographs, exceptions, then espeak-ng
lexicon               pronunciations of users; lexicon_dependencies: which of them a text needs
phonemes, espeak      words to phonemes; inventory: which there are
ipa, letters, word_boundaries    parsing IPA, spelling letters, finding words in espeak-ng's output
explanation           which rule read which words
question_intonation   which questions rise
features              linguistic features of each phoneme
analysis              all of that for plain text
ssml, headings        documents and headings to a script; xml: XML from strangers
script                a text with directions, as plain data
directed, delivery    a script to sentences, and how each is to be spoken

An `Analysis` is the sentences, and what was skipped. A `Sentence` has its text, the words that are
spoken, where in the text each word was written, and `features`. `LinguisticFeatures` is
`categories` int64 [P, 4] (columns `config.CATEGORIES`), `positions` float32 [P, 4] (columns
`config.POSITIONS`) and `phonemes`. A sentence begins and ends with the pause phoneme.

Input is a `SpeechInput`: a string, `TextWithHeadings`, `Ssml` or `Ipa`. `analyser_of` gives a
`SentenceSource` for any of them. SSML and IPA become a `Script`. `directed` reads its text by the
rules of plain text, so words around markup are read as without it. A document of text alone gives
the same sentences as the text. Each `Sentence` of a script has a `Delivery`: a style for each
phoneme, pauses in seconds, marks. A plain text has none.

Directions take effect later: `vocoder.synthesis.planning` divides durations by each phoneme's rate
and makes pauses whole frames; `vocoder.acoustic.melody` moves pitch; `vocoder.audio.gain` scales
samples. The frames of a sentence are computed together. So the length of what one sentence says,
its breaks included, is limited.
"""

from __future__ import annotations

from vocoder.text.analysis import (
    Analyser,
    Analysis,
    Sentence,
    SentenceSource,
    Skipped,
    analyse,
    analysis_of,
    in_order,
)
from vocoder.text.delivery import Delivery
from vocoder.text.directed import analyser_of
from vocoder.text.features import LinguisticFeatures
from vocoder.text.lexicon import Lexicon
from vocoder.text.lexicon_dependencies import entries_needed
from vocoder.text.speech_input import (
    INPUT_FIELDS,
    Ipa,
    SpeechInput,
    Ssml,
    TextWithHeadings,
    as_json,
    field_name_of,
    source_text,
    speech_input_of,
)

__all__ = [
    "INPUT_FIELDS", "Analyser", "Analysis", "Delivery", "SpeechInput", "TextWithHeadings", "Ipa",
    "Lexicon", "LinguisticFeatures", "Sentence",
    "SentenceSource", "Skipped", "Ssml", "analyse", "analyser_of", "analysis_of", "as_json",
    "entries_needed", "field_name_of", "in_order", "source_text",
    "speech_input_of",
]  # fmt: skip
