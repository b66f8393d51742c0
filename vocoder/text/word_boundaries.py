"""Which word each phone of a clause belongs to.

espeak-ng joins words that are said as one ("of the" is one chunk of IPA, "out of a" another) and
reduces them as speakers do; that is how a clause should sound, but its boundaries are lost. Asked a
second time with a separator between the words it gives each of them by itself, still in context
("the" before a vowel) but less reduced. So the natural reading is aligned with the separated one:
first chunks with words (dynamic programming, edit distance of phones as the cost), then, inside a
chunk of several words, phones with phones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

from vocoder.text.inventory import VOWELS

_MOST_JOINED = 6  # words in one chunk; espeak-ng's dictionary joins up to four
# Edit distance over phones, beyond which a chunk is not its words run together but lacks some:
# espeak-ng leaves out the fourth of four equal letters. Over all pairs of 98 frequent words the
# most is 0.33 ("of a" as "əvə"); two words in one's place give 0.5 and more.
_MOST_REDUCED = 0.42
_VOWELS = frozenset(VOWELS)


def share_out(
    chunks: Sequence[tuple[str, ...]], words: Sequence[tuple[str, ...]]
) -> list[tuple[int, int]] | None:
    """Divides the phones of a clause, as it is said, among its words.

    Args:
        chunks: the symbols of each chunk of the natural reading, in order, none empty.
        words: the symbols of each word by itself, none empty.

    Returns:
        for each word where its phones begin and end, counted over all chunks: adjoining, from 0 to
            the number of phones, none empty. None where
        that is impossible: a word has vanished, or the readings have too little in common.
    """
    counts = _words_per_chunk(chunks, words)
    if counts is None:
        return None
    shares: list[tuple[int, int]] = []
    start = first = 0
    for chunk, count in zip(chunks, counts, strict=True):
        bounds = _divide(chunk, words[first : first + count])
        if bounds is None:
            return None
        shares.extend((start + begin, start + end) for begin, end in bounds)
        start += len(chunk)
        first += count
    return shares


def _words_per_chunk(
    chunks: Sequence[tuple[str, ...]], words: Sequence[tuple[str, ...]]
) -> list[int] | None:
    """How many words each chunk holds, at least one each; None where there are more chunks than
    words, or far fewer.
    """
    surplus = len(words) - len(chunks)
    if surplus < 0 or surplus > (_MOST_JOINED - 1) * len(chunks):
        return None
    # best[joined]: cost of the chunks so far when they hold `joined` words more than there are
    # chunks of them.
    best = [0.0] + [math.inf] * surplus
    choices: list[list[int]] = []
    for number, chunk in enumerate(chunks):
        following = [math.inf] * (surplus + 1)
        choice = [1] * (surplus + 1)
        for joined, cost in enumerate(best):
            if cost == math.inf:
                continue
            first = number + joined
            for extra in range(min(_MOST_JOINED, surplus - joined + 1)):
                target = tuple(phone for word in words[first : first + 1 + extra] for phone in word)
                total = cost + _distance(chunk, target)
                if total < following[joined + extra]:
                    following[joined + extra] = total
                    choice[joined + extra] = 1 + extra
        best = following
        choices.append(choice)
    counts: list[int] = []
    joined = surplus
    for choice in reversed(choices):
        counts.append(choice[joined])
        joined -= choice[joined] - 1
    return counts[::-1]


def _divide(
    chunk: tuple[str, ...], words: Sequence[tuple[str, ...]]
) -> list[tuple[int, int]] | None:
    """Where the words of one chunk begin and end in it: the division whose parts are nearest to the
    words; None where it cannot be all of them.
    """
    if len(words) == 1:
        return [(0, len(chunk))]
    apart = tuple(phone for word in words for phone in word)
    if len(chunk) < len(words) or _distance(chunk, apart) > _MOST_REDUCED * len(apart):
        return None
    # best[end] of the words so far: cost, and where the last of them begins.
    best = {0: 0.0}
    begins: list[dict[int, int]] = []
    for number, word in enumerate(words):
        left = len(words) - number - 1
        following: dict[int, float] = {}
        begin_of: dict[int, int] = {}
        for begin, cost in best.items():
            for end in range(begin + 1, len(chunk) - left + 1):
                if left == 0 and end < len(chunk):
                    continue
                total = cost + _distance(chunk[begin:end], word)
                if total < following.get(end, math.inf):
                    following[end] = total
                    begin_of[end] = begin
        best = following
        begins.append(begin_of)
    bounds: list[tuple[int, int]] = []
    end = len(chunk)
    for begin_of in reversed(begins):
        bounds.append((begin_of[end], end))
        end = begin_of[end]
    return bounds[::-1]


@lru_cache(maxsize=20_000)
def _distance(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """Edit distance of two readings; a vowel for a vowel, or a consonant for a consonant, costs
    half of losing one.
    """
    if one == other:
        return 0.0
    row = [float(column) for column in range(len(other) + 1)]
    for number, phone in enumerate(one, 1):
        previous, row = row, [float(number)]
        for column, target in enumerate(other, 1):
            swap = (
                0.0
                if phone == target
                else 0.5
                if (phone in _VOWELS) == (target in _VOWELS)
                else 1.5
            )
            row.append(
                min(previous[column - 1] + swap, previous[column] + 1.0, row[column - 1] + 1.0)
            )
    return row[-1]
