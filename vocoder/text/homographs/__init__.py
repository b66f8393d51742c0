"""Which sense of a homograph is meant: a noun or a verb, the past or the present, a town or a word.

The words around decide, by the tables in `table`: first what is said of a single word (`verbs`,
`things`), then what tells verbs from nouns in general (`grammar`).
A capital letter counts where the sentence does not begin with it. Where nothing tells, the commoner
sense is taken.
"""

from __future__ import annotations

from functools import cache

from vocoder.text.homographs import things, verbs
from vocoder.text.homographs.clause import Clause
from vocoder.text.homographs.grammar import is_third_person, noun_or_verb, stem_of
from vocoder.text.homographs.table import NOUN_VERB, SENSES
from vocoder.text.ipa import phones_of, possessive
from vocoder.text.phonemes import Phones

__all__ = ["Clause", "said_of", "sense_of"]

_RULES = verbs.RULES | things.RULES


def sense_of(clause: Clause) -> str | None:
    """The sense of the word in question, None where it is no homograph that is known: a key of
    `SENSES`, or "noun" or "verb".
    """
    word = clause.words[clause.at]
    rule = _RULES.get(word)
    if rule is not None:
        return rule(clause)
    if word in NOUN_VERB:
        return noun_or_verb(clause)
    if word[-1:] == "s" and stem_of(word):
        return "verb" if is_third_person(clause) else "noun"
    return None


@cache
def said_of(word: str, sense: str) -> Phones:
    """How a homograph is said in a sense that `sense_of` gave."""
    if word in SENSES:
        return phones_of(SENSES[word][sense])
    stem = word if word in NOUN_VERB else stem_of(word)
    phones = phones_of(NOUN_VERB[stem][sense == "verb"])
    return phones if stem == word else possessive(phones)
