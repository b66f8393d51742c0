"""Homographs with rules of their own, whose senses are forms of a verb, or a verb and something
else.
"""

from __future__ import annotations

from collections.abc import Callable

from vocoder.text.homographs.clause import (
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    DO,
    HAVE,
    LETTING,
    MODALS,
    OBJECTS,
    PAST,
    PLACED,
    PREPOSITIONS,
    PRESENT,
    SUBJECTS,
    THIRD,
    Clause,
    begins_object,
    is_adjective,
    is_plural,
)
from vocoder.text.homographs.cues import or_cues
from vocoder.text.homographs.grammar import is_verb
from vocoder.text.homographs.table import (
    CUES,
    LEAD_BEFORE,
    LIVE_BEFORE,
    LIVE_BEHIND,
    METAL_BEHIND,
    WINDING,
)


def _close(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if (before == "the" and after in ("of", "")) or (before == "a" and clause.word(-2) == "to"):
        return "verb"  # the noun is said as the verb: "at the close of the day"
    if after == "to" and before not in MODALS:
        return "adjective"
    if after in ("by", "together", "enough", "up", "friends", "friend", "attention") and not (
        before in MODALS or clause.starts
    ):
        return "adjective"
    if before in (
        "too",
        "so",
        "very",
        "as",
        "get",
        "got",
        "getting",
        "come",
        "came",
        "comes",
        "coming",
        "stay",
        "stays",
        "stayed",
        "stood",
        "stand",
        "stands",
        "standing",
        "sat",
        "sit",
        "sits",
        "sitting",
        "crept",
        "followed",
        "ran",
        "lay",
        "lived",
        "pressed",
        "drawn",
        "held",
        "keep",
        "kept",
        "how",
        "quite",
        "pretty",
        "draw",
    ):
        return "adjective"
    if clause.before in BE:
        return "adjective"
    return (
        "verb"
        if is_verb(clause)
        or (clause.starts and (after in ("up", "down", "in", "out", "") or not after))
        else "adjective"
    )


def _content(clause: Clause) -> str:
    after = clause.word(1)
    if (
        clause.before in BE
        or clause.word(-1) in ("quite", "perfectly", "fully", "well", "more", "most", "less")
        or (after in ("with", "to") and clause.before not in DETERMINERS)
    ):
        return "adjective"
    return (
        "adjective"
        if after
        in ("himself", "herself", "themselves", "myself", "yourself", "ourselves", "itself")
        else "noun"
    )


def _upset(clause: Clause) -> str:
    before = clause.word(-1)
    noun = before in ("an", "the", "stomach", "another", "this", "biggest") or (
        is_adjective(before) and clause.word(-2) in DETERMINERS
    )
    return (
        "noun"
        if noun
        and not clause.word(1).endswith(
            ("man", "woman", "child", "stomach", "people", "customer", "customers")
        )
        else "adjective"
    )


def _absent(clause: Clause) -> str:
    return "verb" if clause.word(1).endswith(("self", "selves")) else "adjective"


def _live(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if (
        not after
        and before in OBJECTS
        and (clause.word(-2) in LIVE_BEHIND or clause.word(-2) in BE)
    ):
        return "adjective"  # "we watched it live", "is it live?"
    if before in LIVE_BEHIND and not (
        before in ("go", "going", "went", "coming", "came") and clause.word(1) in ("with", "in")
    ):
        return "adjective"
    if (
        clause.before == "to"
        or clause.before in MODALS
        or clause.before in SUBJECTS
        or clause.before in ("who", "where")
    ):
        return "adjective" if after in LIVE_BEFORE and clause.before == "to" else "verb"
    if (
        after in LIVE_BEFORE
        or clause.before in DETERMINERS
        or clause.before in BE
        or clause.before in PREPOSITIONS
        or before.endswith("'s")
    ):
        return "adjective"
    if clause.starts:
        return "adjective" if after == "from" or clause.at == len(clause.words) - 1 else "verb"
    return "verb"


def _lives(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if (
        before in DETERMINERS
        or before in PREPOSITIONS
        or before
        in ("save", "saved", "saves", "saving", "lost", "human", "people's", "cost", "costs")
        or before.endswith("'s")
    ):
        return "noun"
    if is_adjective(before) or before == "to" or (before in CONJUNCTIONS and after not in PLACED):
        return "noun"
    return (
        "verb"
        if before in THIRD
        or after in PLACED
        or after in ("a", "his", "her", "next", "for", "far", "and", "like", "under", "")
        else "noun"
    )


def _read(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if before == "to" or (before in MODALS and before not in HAVE) or clause.word(-2) in DO:
        return "present"
    if clause.word(-2) in HAVE and (clause.word(-1) in SUBJECTS or clause.word(-1) in THIRD):
        return "past"  # "Have you read it?"
    if (
        before in HAVE
        or before in BE
        or before in ("get", "gets", "got", "well", "widely")
        or after == "by"
        or clause.word(-1) in ("widely", "well")
    ):
        return "past"
    if clause.word(-1) in OBJECTS and clause.word(-2) in LETTING:
        return "present"
    if before == "who" and (
        is_plural(clause.word(-2))
        or clause.word(-2) in ("those", "many", "they", "us", "you", "some", "most")
    ):
        return "present"
    if before in THIRD:
        earlier = clause.word(-2)
        return "present" if earlier in LETTING or earlier in DO else "past"
    if (
        clause.starts
        or before in DETERMINERS
        or before in ("good", "great", "quick", "easy", "long", "must")
    ):
        return "present"
    told = frozenset(clause.words)
    if before in CONJUNCTIONS and any(clause.word(offset) in MODALS for offset in range(-6, -1)):
        return "present"
    if before in SUBJECTS or before in CONJUNCTIONS or is_plural(before):
        if told & PRESENT and not told & {"last", "yesterday", "ago"}:
            return "present"
        if told & PAST or any(
            word.endswith("ed") and len(word) > 4
            for place, word in enumerate(clause.words)
            if place != clause.at
        ):
            return "past"
        if before == "i":
            return (
                "past"
                if after in DETERMINERS
                or after in ("it", "that", "about", "somewhere", "in", "through")
                else "present"
            )
        return "past" if before == "we" and after in ("about", "that", "it") else "present"
    return "past"


def _lead(clause: Clause) -> str:
    before, after = clause.word(-1), clause.word(1)
    if clause.before in ("to", *MODALS, *SUBJECTS) and after not in LEAD_BEFORE:
        return "verb"
    if after in LEAD_BEFORE or after in ("free", "lined"):
        return "metal"
    if before in METAL_BEHIND and after not in (
        "role",
        "singer",
        "author",
        "actor",
        "guitar",
        "time",
        "times",
        "the",
    ):
        return (
            "metal"
            if not after
            or after in ("and", "or", "in", "is", "was")
            or before in ("contains", "contain", "containing")
            else "verb"
        )
    if after in ("is", "and", "melts", "in") and frozenset(clause.words) & CUES["lead"][1]:
        return "metal"
    if (
        after == "is"
        and clause.word(2) in ("a", "heavy", "soft", "toxic", "poisonous", "very", "an")
        and clause.starts
    ):
        return "metal"
    return "verb"


def _wind(clause: Clause) -> str:
    after = clause.word(1)
    if clause.starts:
        return "verb" if begins_object(after) or after in ("up", "down") else "noun"
    if after in ("up", "down", "around", "through", "along", "its") and (
        clause.before in MODALS or clause.before in SUBJECTS or is_plural(clause.before)
    ):
        return "verb"
    return (
        "verb" if is_verb(clause) and after not in ("speed", "power", "turbine", "farm") else "noun"
    )


def _winds(clause: Clause) -> str:
    turning = clause.word(-1) in WINDING or clause.before in ("it", "he", "she", "that", "which")
    return (
        "verb"
        if turning
        and (
            clause.word(1) in PLACED
            or clause.word(1) in ("its", "his", "the", "her", "past", "over", "between", "for")
        )
        else "noun"
    )


def _wound(clause: Clause) -> str:
    before, after = clause.before, clause.word(1)
    if (
        after
        in (
            "up",
            "around",
            "round",
            "down",
            "back",
            "tight",
            "tightly",
            "through",
            "along",
            "its",
            "onto",
            "into",
        )
        and before not in DETERMINERS
    ):
        return "turned"
    if clause.word(-1) == "tightly" or clause.word(-1) in BE:
        return "turned"
    if before == "to" or before in MODALS:
        return "injury"
    return (
        "turned"
        if before in THIRD
        or before in SUBJECTS
        or before in WINDING
        or (before == "and" and begins_object(after))
        or (clause.capitals[clause.at - 1] and begins_object(after))
        else "injury"
    )


def _tear(clause: Clause) -> str:
    plural = clause.words[clause.at] == "tears"
    before, after = clause.before, clause.word(1)
    if plural:
        acting = before in THIRD or (
            not clause.starts
            and after in ("up", "apart", "down", "off", "through", "the", "it", "open", "easily")
            and before not in (*DETERMINERS, "of", "in", "to")
        )
        return "rip" if acting or before in ("ligament", "muscle", "tendon", "fabric") else "weep"
    if after in ("gas", "duct", "ducts", "drop", "drops", "stained", "jerker"):
        return "weep"
    if (
        is_verb(clause)
        or after in ("up", "apart", "down", "off", "open")
        or (clause.starts and after == "along")
        or (after == "in" and clause.word(2) in ("the", "my", "his", "her", "your", "its"))
    ):
        return "weep" if after == "in" and clause.word(3) in ("eye", "eyes") else "rip"
    return "weep"


RULES: dict[str, Callable[[Clause], str]] = {
    "close": _close, "content": _content, "upset": _upset, "absent": _absent, "live": _live,
    "lives": _lives, "read": _read, "lead": _lead,
    "wind": _wind, "winds": _winds, "wound": _wound, "tear": or_cues(_tear, "weep"), "tears": _tear,
}  # fmt: skip
