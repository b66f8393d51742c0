"""Nouns and verbs that are written alike: which of the two a word is, from the words around it."""

from __future__ import annotations

from functools import cache

from vocoder.text.homographs.clause import (
    ATTRIBUTIVE,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    DO,
    FREQUENCY,
    HAVE,
    LETTING,
    MODALS,
    NEED_OBJECTS,
    OBJECTS,
    OWN_PLURALS,
    PLACED,
    PREPOSITIONS,
    STOPS,
    SUBJECTS,
    THIRD,
    TO_PREPOSITION,
    Clause,
    begins_object,
    is_adjective,
    is_plural,
)
from vocoder.text.homographs.table import ADJECTIVES, MOSTLY_VERBS, NOUN_VERB

DEGREES = ("most", "more", "very", "so", "too")  # of adjectives


def is_verb(clause: Clause, *, unsure: bool = False) -> bool:
    """Whether a word that is a noun (or an adjective) and the base form of a verb is the verb here;
    `unsure` where nothing tells.
    """
    before, after = clause.before, clause.word(1)
    if before == "to":
        earlier = clause.words[clause.at - 2] if clause.at > 1 else ""
        return earlier not in TO_PREPOSITION
    if before in MODALS and not (before == "help" and clause.word(-2) in DETERMINERS):
        return True
    subject = clause.word(-1)
    if clause.word(-2) in DO and (
        subject in SUBJECTS
        or subject in THIRD
        or subject in ("that", "this", "people")
        or is_plural(subject)
    ):
        return True
    if clause.word(-3) in DO and clause.word(-2) in DETERMINERS and after:
        return True  # "did the band record it"
    if before in SUBJECTS:
        return not (before == "you" and clause.word(-2) in PREPOSITIONS) and (
            clause.word(-1) == before or not after or not is_adjective(clause.word(-1))
        )
    if subject in OBJECTS and clause.word(-2) in LETTING:
        return bool(after)
    if before == "who" or (before in ("that", "which") and is_plural(clause.word(-2))):
        return True
    if (
        before in DETERMINERS
        or before in PREPOSITIONS
        or before in BE
        or before in HAVE
        or before == "that"
        or before.endswith("'s")
    ):
        return False
    if after == "of" or after in ("is", "was", "are", "were", "has", "will"):
        return False
    if is_adjective(clause.word(-1)) and not clause.starts:
        return False
    if clause.starts:
        return _is_verb_at_start(clause, unsure=unsure)
    if before in CONJUNCTIONS:
        return _is_verb_after_conjunction(clause, unsure=unsure)
    if clause.word(-1) in FREQUENCY and after:
        return True
    if is_plural(before):
        return _is_verb_after_plural(clause)
    return unsure and not clause.is_name and (begins_object(after) or after == "to")


def _is_verb_at_start(clause: Clause, *, unsure: bool) -> bool:
    """An imperative: "Record it", "Please object"."""
    after = clause.word(1)
    begins = clause.at == 0 or clause.marks[clause.at - 1] in STOPS
    open_end = unsure and after not in PREPOSITIONS and after not in CONJUNCTIONS
    imperative = begins and (after in ("up", "with") or open_end)
    return begins_object(after) or imperative or (unsure and after == "to")


def _is_verb_after_conjunction(clause: Clause, *, unsure: bool) -> bool:
    """The second verb of two: "can listen and record"."""
    after = clause.word(1)
    if begins_object(after):
        return True
    if not after:
        return False
    ordered = (
        any(clause.word(offset) in MODALS for offset in range(-6, -1))
        and after not in PREPOSITIONS
        and after not in CONJUNCTIONS
    )
    return ordered or (unsure and not is_plural(after))


def _is_verb_after_plural(clause: Clause) -> bool:
    """What a plural does: "the machines record"."""
    before, after = clause.before, clause.word(1)
    if clause.words[clause.at] in NEED_OBJECTS:
        return begins_object(after)
    if before in ATTRIBUTIVE:
        return begins_object(after) or after in PLACED
    return after not in ("have", "had", "would", "can", "and", "or")


def is_third_person(clause: Clause) -> bool:
    """Whether a plural noun or the third person of a verb ("records", "uses") is the verb here."""
    before, after = clause.before, clause.word(1)
    if before in THIRD or before in ("that", "which", "this", "everyone", "nobody", "someone"):
        return after not in ("are", "were", "have", "of")
    if (
        before in DETERMINERS
        or before in PREPOSITIONS
        or before in BE
        or before in HAVE
        or before in MODALS
        or before.endswith("'s")
    ):
        return False
    if after in ("them", "him", "us", "me") and not clause.starts:
        return True  # "when accident separates them"
    if clause.starts or is_adjective(clause.word(-1)) or is_plural(clause.word(-1)):
        return False
    if before in CONJUNCTIONS:
        return begins_object(after)
    if stem_of(clause.words[clause.at]) in MOSTLY_VERBS - {"use"}:
        return bool(after)
    return begins_object(after) or after in ("to", "that", "with")


def noun_or_verb(clause: Clause) -> str:
    """Tells which of the two a word of `NOUN_VERB` is: "noun" (or adjective) or "verb"."""
    word = clause.words[clause.at]
    if word in ADJECTIVES and (clause.before in BE or clause.word(-1) in DEGREES):
        return "noun"
    return "verb" if is_verb(clause, unsure=word in MOSTLY_VERBS) else "noun"


@cache
def stem_of(word: str) -> str:
    """The entry that a word with an s behind it is of, "" if there is none."""
    for stem in (word[:-1], word[:-2] if word.endswith("es") else ""):
        if stem in NOUN_VERB and stem not in OWN_PLURALS:
            return stem
    return ""
