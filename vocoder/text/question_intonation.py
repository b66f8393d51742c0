"""Which questions rise at their end.

In English those that are answered with yes or no do; those that ask with a word of their own (who,
where, why ...) fall like statements. Grammar alone tells, so the words and the mark decide; what
rises against it ("You did what?") is not found out.
"""

from __future__ import annotations

from collections.abc import Sequence

ASKING = frozenset(["who", "whom", "whose", "what", "which", "when", "where", "why", "how"])
# Words before the one that asks: "And why not?", "In which year?", "So, how was it?"
LEADING = frozenset(
    [
        "and",
        "but",
        "or",
        "so",
        "then",
        "well",
        "now",
        "oh",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "of",
        "to",
        "with",
        "about",
        "since",
        "until",
    ]
)


def rises(words: Sequence[str], mark: str) -> bool:
    """Whether a sentence ends with its pitch going up.

    Args:
        words: as they are spoken, in any case.
        mark: behind the last of them, "" for none.
    """
    if mark != "?":
        return False
    following = [word.casefold().replace("\u2019", "'") for word in words]
    while following and following[0] in LEADING:
        del following[0]
    return not (following and following[0].split("'")[0] in ASKING)
