"""Pronunciation lexicons: words, and how they are said instead of by the rules and espeak-ng.

lexicon_entry    a word, and its IPA or the text it is read as; what is wrong with one
lexicon          the lexicon: looked up while a text is read, laid over another, edited
plain_json       as JSON: {"SQL": "ˈsiːkwəl", "WHO": {"alias": "World Health Organization"}}
pls              as the W3C's Pronunciation Lexicon Specification 1.0 (PLS)
documents        either, recognised by its beginning
phonemiser       another phonemiser, except for the words of a lexicon

A lexicon is asked at the beginning of every written word, before any rule (`match`), and again for
the phones of what was read (`phones`). `over` lays one over another without a copy: a request's
over the stored one, over the voice pack's.

`vocoder.text.entries_needed` gives the few entries that a text uses. The service puts them into an
order, so no worker knows of stored lexicons. ETags and the records of `sonant render` are made of
them too.
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
