"""Homographs with rules of their own, whose senses are things, names and qualities."""

from __future__ import annotations

from collections.abc import Callable

from vocoder.text.homographs.clause import (
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    MODALS,
    NO_GERUNDS,
    OBJECTS,
    SUBJECTS,
    THIRD,
    Clause,
    begins_object,
    is_adjective,
    is_plural,
)
from vocoder.text.homographs.cues import by_cues, or_cues
from vocoder.text.homographs.grammar import is_verb
from vocoder.text.homographs.table import CUES, MINUTE_BEFORE, PEOPLE
from vocoder.text.normalise.word_lists import listed


def _bow(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if clause.words[clause.at] == "bow" and (is_verb(clause) or after in ("down", "before", "out")):
        return "bend"
    if clause.words[clause.at] == "bows" and (
        before in THIRD
        or after in ("to", "down", "before", "deeply", "his", "her", "out", "politely", "low")
    ):
        return "bend"
    if (clause.word(-2), clause.word(-1)) in (
        ("took", "a"),
        ("take", "a"),
        ("takes", "a"),
        ("final", "a"),
    ) or clause.word(-1) in (
        "deep",
        "low",
        "slight",
        "final",
        "polite",
        "respectful",
    ):
        return "bend"
    return "weapon"


def _row(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if before in (
        "terrible",
        "blazing",
        "furious",
        "huge",
        "heated",
        "angry",
        "political",
        "diplomatic",
        "flaming",
        "public",
        "family",
        "big",
    ) and after not in ("of", "house"):
        return "quarrel"
    return (
        "quarrel"
        if before in ("a", "the") and after in ("over", "about", "erupted", "broke")
        else "line"
    )


def _sow(clause: Clause) -> str:
    before = clause.word(-1)
    pig = (
        before in DETERMINERS
        or (is_adjective(before) and clause.word(-2) in DETERMINERS)
        or before in ("pregnant", "fat", "mother")
    )
    return "pig" if pig and clause.before not in MODALS else "seed"


def _dove(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if (
        before in DETERMINERS
        or is_adjective(before)
        or before in ("white", "mourning", "turtle", "rock", "of")
    ):
        return "bird"
    diving = after in (
        "into",
        "in",
        "off",
        "under",
        "down",
        "deep",
        "headfirst",
        "head",
        "through",
        "from",
        "to",
        "toward",
        "right",
        "beneath",
        "back",
        "straight",
        "deeper",
        "out",
        "for",
        "over",
        "behind",
    )
    return (
        "dived"
        if before in THIRD or before in SUBJECTS or (diving and not clause.starts)
        else "bird"
    )


def _does(clause: Clause) -> str:
    herd = (
        clause.before in DETERMINERS or clause.before in CONJUNCTIONS or is_adjective(clause.before)
    )
    return (
        "deer"
        if herd
        and frozenset(clause.words) & CUES["does"][1]
        and clause.word(1) not in ("not", "the", "it", "he", "she")
        else "verb"
    )


def _minute(clause: Clause) -> str:
    after = clause.word(1)
    if after in MINUTE_BEFORE:
        return "small"
    if (
        clause.before in BE
        and clause.word(-1) not in ("a", "one")
        and after not in ("by", "hand", "s")
    ):
        return "small"
    return (
        "small"
        if clause.word(-1) in ("very", "so", "extremely", "almost", "incredibly", "too", "most")
        and clause.word(1) != "of"
        else "time"
    )


def _used(clause: Clause) -> str:
    if clause.word(1) != "to":
        return "verb"
    before, behind = clause.before, clause.word(2)
    accustomed = (
        behind in DETERMINERS
        or behind in OBJECTS
        or (behind.endswith("ing") and behind not in NO_GERUNDS)
        or behind in ("", "that", "being", "having", "such", "how", "what")
    )
    if frozenset(clause.words[clause.at + 2 : clause.at + 6]) & {
        "extent",
        "degree",
        "effect",
        "advantage",
    }:
        return "verb"
    if before in BE:
        return "accustomed" if accustomed or before in ("become", "became", "becomes") else "verb"
    if before in ("get", "gets", "got", "getting", "gotten", "grown", "grew", "quite"):
        return "accustomed"
    passive = (
        is_plural(before)
        and clause.word(-2) == "the"
        and any(word in ("is", "are", "was", "were") for word in clause.words[clause.at + 2 :])
    )
    return (
        "verb"
        if passive or before in ("method", "methods", "tool", "technique", "term", "words")
        else "accustomed"
    )


def _polish(clause: Clause) -> str:
    if not clause.capitals[clause.at]:
        return "shine"
    return (
        "shine"
        if not clause.is_name
        and (begins_object(clause.word(1)) or clause.word(1) in ("off", "up", "and"))
        else "nation"
    )


def _town(name: str, other: str, near: frozenset[str]) -> Callable[[Clause], str]:
    def decide(clause: Clause) -> str:
        after = clause.words[clause.at + 1] if clause.at + 1 < len(clause.words) else ""
        if not clause.capitals[clause.at]:
            return other
        placed = clause.word(-1) in (
            "in",
            "to",
            "from",
            "at",
            "near",
            "through",
            "via",
            "outside",
            "around",
            "visit",
            "visited",
            "for",
            "of",
            "between",
            "leave",
            "left",
            "reached",
        )
        told = near & frozenset(clause.words)
        if after in near or (told and clause.at == 0 and after in ("is", "was", "has", "lies")):
            return name
        capital_next = (
            clause.at + 1 < len(clause.words)
            and not clause.marks[clause.at]
            and clause.capitals[clause.at + 1]
        )
        return name if clause.is_name and placed and not capital_next else other

    return decide


def _job(clause: Clause) -> str:
    if not clause.capitals[clause.at]:
        return "work"
    after = clause.word(1)
    numbered = after in (
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "nineteen",
        "fourteen",
        "thirty",
        "forty",
        "chapter",
        "suffered",
        "lost",
    )
    neighbours = any(
        0 <= place < len(clause.words) and clause.capitals[place] and place > 0
        for place in (clause.at - 1, clause.at + 1)
    )
    begins = clause.at == 0 and after in ("was", "is", "had", "said", "answered", "spoke")
    return (
        "name"
        if numbered
        or begins
        or (clause.is_name and not neighbours and clause.word(-1) not in DETERMINERS)
        else "work"
    )


def _august(clause: Clause) -> str:
    after = clause.word(1)
    small = (
        not clause.capitals[clause.at]
        and clause.word(-1) in (*DETERMINERS, "most", "an")
        and after
        and not after.endswith(("th", "st", "nd", "rd"))
    )
    return (
        "noble" if small and clause.word(-1) not in ("last", "next", "this", "every") else "month"
    )


def _bases(clause: Clause) -> str:
    return (
        "basis"
        if clause.word(1) in ("of", "for")
        and clause.word(-1)
        in (
            "the",
            "theoretical",
            "legal",
            "these",
            "scientific",
            "moral",
            "factual",
            "both",
            "philosophical",
        )
        else "base"
    )


def _aged(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if before == "the" and (not after or after in ("and", "are", "were", "in", "or", "of")):
        return "old"
    return "old" if before in DETERMINERS and after in PEOPLE else "years"


def _blessed(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if after in ("are", "be", "is") or (
        clause.starts and after in ("virgin", "mother", "sacrament")
    ):
        return "adjective"
    return "adjective" if before in DETERMINERS and after not in ("with", "by", "in") else "verb"


def _learned(clause: Clause) -> str:
    return (
        "adjective"
        if clause.word(1) in PEOPLE
        and clause.before in (*DETERMINERS, "most", "very")
        and clause.before not in SUBJECTS
        else "verb"
    )


def _beloved(clause: Clause) -> str:
    return "verb" if clause.word(1) in ("by", "of") or clause.before in BE else "adjective"


def _dogged(clause: Clause) -> str:
    return (
        "verb"
        if clause.word(1) == "by"
        or (begins_object(clause.word(1)) and clause.before not in DETERMINERS)
        else "adjective"
    )


def _moped(clause: Clause) -> str:
    return (
        "verb"
        if clause.before in THIRD
        or clause.before in SUBJECTS
        or clause.word(1) in ("around", "about")
        else "vehicle"
    )


def _invalid(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    single = before in DETERMINERS or (is_adjective(before) and clause.word(-2) in DETERMINERS)
    acts = after in ("sat", "lay", "slept", "died", "said", "spoke", "woke") or (
        after.endswith("ed") and len(after) > 4
    )
    if before in ("the", "an") and acts:
        return "patient"
    return (
        "patient"
        if single
        and (
            not after
            or after
            in (
                "who",
                "and",
                "in",
                "for",
                "was",
                "is",
                "since",
                "from",
                "mother",
                "wife",
                "child",
                "aunt",
            )
        )
        else "adjective"
    )


def _entrance(clause: Clause) -> str:
    return "charm" if clause.word(1) in OBJECTS and is_verb(clause) else "door"


def _number(clause: Clause) -> str:
    return (
        "feeling"
        if clause.word(-1) in ("grew", "getting", "felt", "even", "became")
        and clause.word(1) in ("and", "than", "")
        else "count"
    )


RULES: dict[str, Callable[[Clause], str]] = {
    "bow": or_cues(_bow, "weapon"), "bows": or_cues(_bow, "weapon"), "row": _row, "rows": _row,
    "sow": _sow, "sows": _sow, "dove": _dove,
    "does": _does, "bass": by_cues("music"), "minute": _minute, "used": _used, "polish": _polish,
    "reading": _town("town", "verb",
    listed("berkshire pennsylvania england festival railroad university")), "job": _job,
    "nice": _town("town", "pleasant", listed("france carnival")), "mobile": _town("town",
    "adjective", listed("alabama")), "august": _august,
    "bases": _bases, "axes": by_cues("axe"), "aged": _aged, "blessed": _blessed,
    "learned": _learned, "beloved": _beloved, "dogged": _dogged,
    "moped": _moped, "putting": by_cues("placing"), "invalid": _invalid, "entrance": _entrance,
    "sewer": by_cues("drain"), "number": _number,
}  # fmt: skip
