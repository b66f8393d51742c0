"""Pronunciation lexicons: words, and what is said for them instead of what the rules and espeak-ng would make of them.

lexicon_entry a word, and its IPA or the text it is read as; what is wrong with one
lexicon       the lexicon: looked up while a text is read, laid over another, edited
plain_json    written as JSON: {"SQL": "ˈsiːkwəl", "WHO": {"alias": "World Health Organization"}}
pls           written as the W3C's Pronunciation Lexicon Specification 1.0 (PLS)
documents     either, told apart by what it begins with
phonemiser    another phonemiser, but for the words of a lexicon
"""

from vocoder.text.lexicon.documents import read_lexicon, read_lexicon_file
from vocoder.text.lexicon.lexicon import Lexicon
from vocoder.text.lexicon.lexicon_entry import MOST_ENTRIES, LexiconEntry, key_of
from vocoder.text.lexicon.phonemiser import LexiconPhonemiser
from vocoder.text.lexicon.plain_json import from_json, to_json
from vocoder.text.lexicon.pls import from_pls, to_pls

__all__ = [
    "MOST_ENTRIES",
    "LexiconEntry",
    "Lexicon",
    "LexiconPhonemiser",
    "from_json",
    "from_pls",
    "key_of",
    "read_lexicon",
    "read_lexicon_file",
    "to_json",
    "to_pls",
]
