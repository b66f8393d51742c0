"""When each sentence, word and phoneme of a plan is heard: exact to the sample, and known before
there is any sound.

A plan holds whole frames for every phoneme, so times are sums of its durations; nothing is measured
in the sound. Neither chunks nor the decoder's correction shift a sample, so they hold for the sound
however it arrives. Phonemes, pauses included, follow each other without gaps from the first sample
to the last; words leave the pauses out.

    sentence   |------------------------------|------------- ...
    word         |------|--|-------|  |----|     |--- ...
    phoneme    |-|--|-|-|--|---|---|--|--|-|--|--|- ...      the first and the last of a sentence
               are pauses

Imports no torch where it runs: the service knows timelines, and plans none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, TypeVar

from vocoder.audio.resample import resampled_length
from vocoder.text import Sentence

if TYPE_CHECKING:
    from vocoder.synthesis.planning import Plan, PlannedSentence

Event = dict[str, str | int]  # one thing that happens, as JSON has it; "type" says what it is


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedPhoneme:
    """A phoneme, or a pause.

    Attributes:
        phoneme: of `vocoder.text.inventory.PHONEMES`; "sil" is a pause.
        start_sample: its first.
        end_sample: the one behind its last.
    """

    phoneme: str
    start_sample: int
    end_sample: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedWord:
    """A word as it is spoken: "$5" is two. Words without a pronunciation have no time, and are not
    here.

    Attributes:
        text: in lower case, without marks; a single capital is a letter's name.
        start_sample: its first.
        end_sample: the one behind its last.
        place: where in the sentence's `text` stands what it was read from, its first character and
            the one behind its last: both words of "$5" have one place. None where that is not known
            exactly.
        start_char, end_char: the same in the text that was given.
    """

    text: str
    start_sample: int
    end_sample: int
    place: tuple[int, int] | None
    start_char: int | None
    end_char: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedMark:
    """A place that the author of an SSML document gave a name.

    Attributes:
        name: any string.
        start_sample: that begins there; the number of samples where it is the end.
        start_char: where the mark stands in what was given.
    """

    name: str
    start_sample: int
    start_char: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TimedSentence:
    """A sentence, pauses at its ends included.

    Attributes:
        text: as it was written, but clean.
        start_sample: its first.
        end_sample: the one behind its last; the next sentence's first.
        start_char: index of its first character in the text that was given.
        end_char: and of the one behind its last.
        words: in order.
        phonemes: in order, without gaps.
        marks: in order.
    """

    text: str
    start_sample: int
    end_sample: int
    start_char: int
    end_char: int
    words: tuple[TimedWord, ...]
    phonemes: tuple[TimedPhoneme, ...]
    marks: tuple[TimedMark, ...] = ()

    @classmethod
    def of(cls, planned: PlannedSentence, *, start_sample: int, hop_length: int) -> Self:
        """The times of a planned sentence that begins at a sample."""
        ends = [
            start_sample + frames * hop_length for frames in planned.durations.cumsum().tolist()
        ]
        # phoneme p lasts from bounds[p] to bounds[p + 1]
        bounds, sentence = (
            [start_sample, *ends],
            planned.sentence,
        )
        first: dict[int, int] = {}
        last: dict[int, int] = {}
        for place, owner in enumerate(sentence.features.word_index.tolist()):
            if owner >= 0:
                first.setdefault(owner, place)
                last[owner] = place
        marks = () if sentence.delivery is None else sentence.delivery.marks
        return cls(
            text=sentence.text,
            start_sample=bounds[0],
            end_sample=bounds[-1],
            start_char=sentence.start,
            end_char=sentence.end,
            words=tuple(
                _timed_word(sentence, owner, bounds[first[owner]], bounds[last[owner] + 1])
                for owner in first
            ),
            phonemes=tuple(
                TimedPhoneme(
                    phoneme=phoneme, start_sample=bounds[place], end_sample=bounds[place + 1]
                )
                for place, phoneme in enumerate(sentence.features.phonemes)
            ),
            marks=tuple(
                TimedMark(name=mark.name, start_sample=bounds[mark.phoneme], start_char=mark.origin)
                for mark in marks
            ),
        )

    def at(self, rate: int, *, source_rate: int) -> TimedSentence:
        """The same times, counted in samples of another rate.

        Sample n of the new rate is heard at n / rate; what began at a sample of the old one begins
        at the first that is heard no earlier. So what touched touches still, and the end of all is
        the length that resampled sound has.

        Args:
            rate: Hz, above 0.
            source_rate: of the samples that are counted here.
        """
        if rate == source_rate:
            return self

        def moved(one: Timed) -> Timed:
            return replace(
                one,
                start_sample=resampled_length(one.start_sample, source_rate, rate),
                end_sample=resampled_length(one.end_sample, source_rate, rate),
            )

        return replace(
            moved(self),
            words=tuple(map(moved, self.words)),
            phonemes=tuple(map(moved, self.phonemes)),
            marks=tuple(
                replace(mark, start_sample=resampled_length(mark.start_sample, source_rate, rate))
                for mark in self.marks
            ),
        )

    def events(self, index: int) -> Iterator[tuple[int, Event]]:
        """All that happens in it, with the sample at which it begins, in the order in which it is
        heard: the sentence before its words, a word before its phonemes, and a mark before the word
        that it stands before.

        Args:
            index: of the sentence among those that are spoken, from 0.
        """
        yield (
            self.start_sample,
            {
                "type": "sentence",
                "index": index,
                "text": self.text,
                "start_sample": self.start_sample,
                "end_sample": self.end_sample,
                "start_char": self.start_char,
                "end_char": self.end_char,
            },
        )
        words = iter(self.words)
        word = next(words, None)
        marks = list(self.marks[::-1])
        for phoneme in self.phonemes:
            while marks and marks[-1].start_sample <= phoneme.start_sample:
                yield _mark_event(marks.pop())
            if word is not None and word.start_sample <= phoneme.start_sample:
                yield word.start_sample, _word_event(word)
                word = next(words, None)
            yield (
                phoneme.start_sample,
                {
                    "type": "phoneme",
                    "phoneme": phoneme.phoneme,
                    "start_sample": phoneme.start_sample,
                    "end_sample": phoneme.end_sample,
                },
            )
        yield from map(_mark_event, reversed(marks))


Timed = TypeVar("Timed", TimedPhoneme, TimedWord, TimedSentence)


def timed_sentences(
    planned: Iterable[PlannedSentence], *, hop_length: int
) -> Iterator[TimedSentence]:
    """The times of sentences that follow each other from sample 0 on, each computed when it is
    asked for.
    """
    start = 0
    for one in planned:
        timed = TimedSentence.of(one, start_sample=start, hop_length=hop_length)
        start = timed.end_sample
        yield timed


@dataclass(frozen=True, kw_only=True, slots=True)
class Timeline:
    """The times of a text.

    Attributes:
        sample_rate: Hz, of the samples that are counted.
        num_samples: of the whole.
        sentences: in order; together they cover every sample.
    """

    sample_rate: int
    num_samples: int
    sentences: tuple[TimedSentence, ...]

    @classmethod
    def of(cls, plan: Plan) -> Self:
        """The times of a plan, at the voice's sample rate."""
        sentences = tuple(timed_sentences(plan.sentences, hop_length=plan.hop_length))
        assert sentences[-1].end_sample == plan.num_samples
        return cls(sample_rate=plan.sample_rate, num_samples=plan.num_samples, sentences=sentences)

    def at(self, sample_rate: int) -> Timeline:
        """The same times, counted in samples of another rate: `TimedSentence.at`."""
        if sample_rate == self.sample_rate:
            return self
        sentences = tuple(
            one.at(sample_rate, source_rate=self.sample_rate) for one in self.sentences
        )
        return Timeline(
            sample_rate=sample_rate,
            num_samples=resampled_length(self.num_samples, self.sample_rate, sample_rate),
            sentences=sentences,
        )

    def events(self) -> Iterator[tuple[int, Event]]:
        """All that happens: `TimedSentence.events`, of one sentence after the other."""
        for index, sentence in enumerate(self.sentences):
            yield from sentence.events(index)


def event_line(event: Mapping[str, object]) -> str:
    """An event as a line of JSON."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")) + "\n"


def _mark_event(mark: TimedMark) -> tuple[int, Event]:
    return mark.start_sample, {
        "type": "mark",
        "name": mark.name,
        "start_sample": mark.start_sample,
        "start_char": mark.start_char,
    }


def _word_event(word: TimedWord) -> Event:
    event: Event = {
        "type": "word",
        "text": word.text,
        "start_sample": word.start_sample,
        "end_sample": word.end_sample,
    }
    if word.start_char is not None and word.end_char is not None:
        event |= {"start_char": word.start_char, "end_char": word.end_char}
    return event


def _timed_word(sentence: Sentence, number: int, start: int, end: int) -> TimedWord:
    place = sentence.places[number]
    return TimedWord(
        text=sentence.words[number],
        start_sample=start,
        end_sample=end,
        place=place,
        start_char=None if place is None else sentence.origins[place[0]],
        end_char=None if place is None else sentence.origins[place[1] - 1] + 1,
    )
