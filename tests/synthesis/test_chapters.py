"""Chapters of a plan: where its marks say, to the sample, and none is lost that is heard."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from vocoder.audio.chapter_marks import Chapter
from vocoder.errors import InputError
from vocoder.synthesis.chapters import chapters_of
from vocoder.synthesis.planning import Plan
from vocoder.synthesis.timeline import Timeline
from vocoder.synthesis.voice import Voice
from vocoder.text import Ipa, Ssml, TextWithHeadings


def told(plan: Plan) -> list[tuple[str, int]]:
    """Chapters; together they must cover all from the first on."""
    chapters = chapters_of(plan)
    for one, following in zip(chapters, (*chapters[1:], None), strict=True):
        assert (
            one.start_sample
            < one.end_sample
            == (plan.num_samples if following is None else following.start_sample)
        )
    return [(one.title, one.start_sample) for one in chapters]


def starts(plan: Plan) -> list[int]:
    return [sentence.start_sample for sentence in Timeline.of(plan).sentences]


def test_a_heading_begins_a_chapter(voice: Voice) -> None:
    plan = voice.plan(
        TextWithHeadings(
            "A word before. Or two.\n# One\nHe came.\n\n## Two ##\n\nHe saw. He went.\n"
        )
    )
    at = starts(plan)
    assert told(plan) == [("One", at[2]), ("Two", at[4])]
    assert chapters_of(plan)[-1] == Chapter(
        title="Two", start_sample=at[4], end_sample=plan.num_samples
    )


def test_the_first_may_begin_at_once(voice: Voice) -> None:
    assert told(voice.plan(TextWithHeadings("\n\n# One\nHe came."))) == [("One", 0)]


def test_a_mark_begins_a_chapter(voice: Voice) -> None:
    plan = voice.plan(
        Ssml(
            '<speak><mark name="chapter:One"/><p>He came.</p><mark name="here"/><mark '
            'name="chapter:  Two &amp;&#10; more "/><p>He saw, '
            '<mark name="chapter:Three"/>and went.</p></speak>'
        )
    )
    timeline = Timeline.of(plan)
    (went,) = [word.start_sample for word in timeline.sentences[1].words if word.text == "and"]
    assert told(plan) == [
        ("One", 0),
        ("Two & more", timeline.sentences[1].start_sample),
        ("Three", went),
    ]


def test_who_sets_none_has_none(voice: Voice) -> None:
    for given in (
        "# One\nHe came.",
        TextWithHeadings("One\n\nHe came. #2"),
        Ssml('<speak><mark name="chapters"/>Yes.</speak>'),
        Ipa("haɪ"),
    ):
        assert chapters_of(voice.plan(given)) == ()


def test_a_chapter_whose_title_cannot_be_spoken_is_not_lost(voice: Voice) -> None:
    plan = voice.plan(
        TextWithHeadings(
            "# 日本\n\nHe came.\n\n日本\n\n# 語\nHe saw.\n\n# One\n# 二\n# 三\nHe went.\n\n# 四"
        )
    )
    at = starts(plan)
    assert told(plan) == [("日本", 0), ("語", at[1]), ("One", at[2]), ("三", at[3])]
    document = Ssml(
        '<speak><p><mark name="chapter:日"/>日本</p><p>He <mark '
        'name="chapter:Two"/>came.</p><p>本<mark name="chapter:Three"/></p></speak>'
    )
    assert [title for title, _ in told(voice.plan(document))] == ["日", "Two"]


def test_a_title_is_lacking(voice: Voice) -> None:
    with pytest.raises(InputError, match="its title is lacking") as caught:
        chapters_of(voice.plan(Ssml('<speak>Yes. <mark name="chapter: "/>No.</speak>')))
    assert caught.value.field == "chapters"


def test_headings_between_blank_lines_change_no_sample(voice: Voice) -> None:
    text = "# Chapter 1\n\nHe came. $5, he said.\n\n## And then\n\nHe went?"
    plain, headed = (voice.synthesize(given, seed=3) for given in (text, TextWithHeadings(text)))
    np.testing.assert_array_equal(plain, headed)


def test_of_a_long_text_they_take_no_memory(voice: Voice) -> None:
    plan = voice.plan(
        TextWithHeadings(
            "".join(f"# Chapter {number}\nHe came. He saw. He went.\n" for number in range(200))
        ),
        text_limit=None,
    )
    tracemalloc.start()
    chapters = chapters_of(plan)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(chapters) == 200
    assert peak < 400 * plan.sentences[0].sentence.features.categories.nbytes + 200_000
