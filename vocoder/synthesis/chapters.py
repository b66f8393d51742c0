"""The chapters of a plan: exact to the sample, and known before there is any sound.

A chapter begins where its author has set a mark whose name begins with
`vocoder.text.headings.CHAPTER`, which is what a heading is in a plain text that is read with
headings, and lasts until the next one. What is said before the first belongs to none. A mark in a
sentence of which nothing can be spoken is not
told with any sentence: its chapter begins with the next one that is spoken. A chapter of which
nothing is heard is left out.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import pairwise

from vocoder.audio.chapter_marks import Chapter
from vocoder.errors import InputError
from vocoder.synthesis.planning import Plan
from vocoder.synthesis.timeline import timed_sentences
from vocoder.text.headings import CHAPTER, title_of


def chapters_of(plan: Plan) -> tuple[Chapter, ...]:
    """The chapters of a plan, in order; none where its author has set none.

    Raises:
        InputError: a chapter has no title; field "chapters".
    """
    wanted = [
        (mark.origin, title_of(mark.name.removeprefix(CHAPTER)))
        for mark in plan.marks
        if mark.name.startswith(CHAPTER)
    ]
    if not wanted:
        return ()
    if not all(title for _, title in wanted):
        raise InputError(
            f"a mark {CHAPTER!r} names no chapter: its title is lacking", field="chapters"
        )
    told: dict[int, int] = {}  # where a mark stands, and the sample that begins there
    places: list[int] = []  # of sentences
    starts: list[int] = []
    for sentence in timed_sentences(plan.sentences, hop_length=plan.hop_length):
        told.update((mark.start_char, mark.start_sample) for mark in sentence.marks)
        places.append(sentence.start_char)
        starts.append(sentence.start_sample)
    starts.append(plan.num_samples)
    begins = [
        (told.get(origin, starts[bisect_left(places, origin)]), title) for origin, title in wanted
    ]
    ends = pairwise([*(start for start, _ in begins), plan.num_samples])
    return tuple(
        Chapter(title=title, start_sample=start, end_sample=end)
        for (start, end), (_, title) in zip(ends, begins, strict=True)
        if start < end
    )
