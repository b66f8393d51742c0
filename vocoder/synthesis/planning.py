"""What will be said, and how long it is, before any sound exists.

A `Plan` is the sentences of a text with the frames of every phoneme. Its `num_samples` is exact,
which is why a stream can begin with the right header.
A `Planning` is the way to it, sentence by sentence: who does not need the length beforehand speaks
the first sentence of a book's chapter before the second is planned, and keeps no more than one of
them. An `Utterance` (`vocoder.synthesis.utterance`) speaks either, to the same bytes.

P phonemes, F frames.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocoder.acoustic.pauses import (
    BETWEEN_PARAGRAPHS_SECONDS,
    BETWEEN_SENTENCES_SECONDS,
    LAST_SECONDS,
    with_pauses,
)
from vocoder.errors import InputError, TextError, VoiceError
from vocoder.synthesis.limits import LENGTH_SCALES, TEXT_LIMIT
from vocoder.synthesis.settings import Settings, check_text
from vocoder.text import (
    Delivery,
    Lexicon,
    Sentence,
    Skipped,
    SpeechInput,
    analyser_of,
    field_name_of,
    in_order,
)
from vocoder.text.script import IgnoredMarkup, Mark
from vocoder.voices.pack import Pack


@dataclass(frozen=True, kw_only=True)
class PlannedSentence:
    """One sentence with its timing.

    Attributes:
        number: of the sentence in the text; those in which nothing can be spoken have one, too.
        sentence: words and linguistic features.
        durations: int64 [P], frames of each phoneme, at least 1.
    """

    number: int
    sentence: Sentence
    durations: npt.NDArray[np.int64]

    @property
    def num_frames(self) -> int:
        """F."""
        return int(self.durations.sum())


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A text, ready to be spoken.

    Attributes:
        sentences: at least one.
        skipped: what in the text could not be spoken, and why.
        ignored: markup that was passed over, and why.
        marks: places in the text that its author has given names, in order; those that are heard
            are told with their sentences (`vocoder.synthesis.timeline`).
        settings: how it will be spoken.
        directed: whether its author says more of how it is spoken: an SSML document's does, and so
            do headings.
        hop_length: samples of a frame.
        sample_rate: Hz.
    """

    sentences: tuple[PlannedSentence, ...]
    skipped: tuple[Skipped, ...]
    ignored: tuple[IgnoredMarkup, ...]
    marks: tuple[Mark, ...]
    settings: Settings
    directed: bool
    hop_length: int
    sample_rate: int

    @classmethod
    def of(
        cls,
        text: SpeechInput,
        settings: Settings,
        pack: Pack,
        *,
        text_limit: int | None = TEXT_LIMIT,
        lexicon: Lexicon | None = None,
    ) -> Plan:
        """A text, planned to its end. Arguments and errors as `Planning`."""
        return Planning(text, settings, pack, text_limit=text_limit, lexicon=lexicon).plan()

    def sentences_from(self, number: int) -> Iterator[PlannedSentence]:
        """Those from the one of this number on."""
        return (planned for planned in self.sentences if planned.number >= number)

    @property
    def num_frames(self) -> int:
        """Frames of all sentences."""
        return sum(sentence.num_frames for sentence in self.sentences)

    @property
    def num_samples(self) -> int:
        """Exactly as many samples as the utterance will have."""
        return self.num_frames * self.hop_length

    @property
    def seconds(self) -> float:
        """How long it will be heard."""
        return self.num_samples / self.sample_rate


class Planning:
    """A text on its way to a plan: taken apart, and the acoustic model asked how long each phoneme
    lasts, a sentence at a time.

    Args:
        text: any Unicode; or an SSML document, or phonemes.
        settings: how to speak it.
        pack: the voice.
        text_limit: characters, or None for no limit.
        lexicon: words that are said as it says; it goes over the voice's own.

    Attributes:
        settings: those.
        directed: as a plan's.
        sentences: that `advance` has planned, in order.
        skipped: what of the text cannot be spoken, as far as that is known.
        ignored: as a plan's.

    Raises:
        TextError: the text is empty, or longer than the limit, alone or with the aliases of its
            words; the document is wrong, or has what is not spoken;
            from wherever it is planned: it has nothing in it that can be spoken.
        InputError: the voice has no speaker of this index.
        VoiceError: from wherever a sentence is planned: the acoustic model gives durations that are
            not finite numbers.
    """

    num_frames = None  # as a plan's: not known

    def __init__(
        self,
        text: SpeechInput,
        settings: Settings,
        pack: Pack,
        *,
        text_limit: int | None = TEXT_LIMIT,
        lexicon: Lexicon | None = None,
    ) -> None:
        check_text(text, limit=text_limit)
        if not 0 <= settings.speaker < len(pack.manifest.speakers):
            raise InputError(
                (
                    f"voice {pack.manifest.name!r} has {len(pack.manifest.speakers)} speakers, no "
                    f"speaker {settings.speaker}"
                ),
                field="speaker",
            )
        self.settings = settings
        self._pack = pack
        lexicon = pack.lexicon_below(lexicon)
        if lexicon is not None:
            lexicon.check_length(text, limit=text_limit)
        manifest = pack.manifest
        self._analyser = analyser_of(
            text,
            language=manifest.language,
            voice=manifest.name,
            speakers=manifest.speakers,
            lexicon=lexicon,
        )
        self._field = field_name_of(text)
        self.directed = not isinstance(text, str)
        self.sentences: list[PlannedSentence] = []
        self.ignored = self._analyser.ignored
        self.skipped: list[Skipped] = list(self._analyser.removed)
        self._steps = self._walk(0, self.skipped)

    def advance(self) -> bool:
        """Takes one more sentence of the text apart; False where there is none."""
        for planned in self._steps:
            if planned is not None:
                self.sentences.append(planned)
            return True
        if not self.sentences:
            raise _no_speech_error(self.skipped, self._field)
        return False

    def plan(self) -> Plan:
        """All of it, once the rest has been planned."""
        while self.advance():
            pass
        audio = self._pack.manifest.audio
        return Plan(
            sentences=tuple(self.sentences),
            skipped=in_order(self.skipped),
            ignored=self.ignored,
            marks=self._analyser.marks,
            settings=self.settings,
            directed=self.directed,
            hop_length=audio.hop_length,
            sample_rate=audio.sample_rate,
        )

    def sentences_from(self, number: int) -> Iterator[PlannedSentence]:
        """Those from the one of this number on, each planned when it is asked for, and not kept. Of
        the whole text there is at least one.
        """
        skipped = list(self._analyser.removed)
        found = False
        for planned in self._walk(number, skipped):
            if planned is not None:
                found = True
                yield planned
        if number == 0 and not found:
            raise _no_speech_error(skipped, self._field)

    def _walk(self, number: int, skipped: list[Skipped]) -> Iterator[PlannedSentence | None]:
        """A step for each sentence of the text: one that is planned, or None. It ends with a longer
        pause where another is spoken after it.
        """
        held: tuple[int, Sentence] | None = None
        for at in range(number, len(self._analyser)):
            sentence, silent = self._analyser.sentence(at)
            skipped.extend(silent)
            if sentence is None:
                yield None
                continue
            if held is None:
                yield None
            else:
                yield self._planned(
                    *held,
                    at_end=BETWEEN_PARAGRAPHS_SECONDS
                    if held[1].ends_paragraph
                    else BETWEEN_SENTENCES_SECONDS,
                )
            held = at, sentence
        if held is not None:
            yield self._planned(*held, at_end=0.0)

    def _planned(self, number: int, sentence: Sentence, *, at_end: float) -> PlannedSentence:
        return PlannedSentence(
            number=number,
            sentence=sentence,
            durations=_durations(sentence, self.settings, self._pack, at_end=at_end),
        )


def _no_speech_error(skipped: Iterable[Skipped], field: str) -> TextError:
    why = "".join(f"; {one.text!r} {one.reason}" for one in in_order(skipped)[:3])
    return TextError(
        f"{'' if field == 'text' else field + ': '}nothing in the text can be spoken{why}",
        field=field,
    )


def _durations(
    sentence: Sentence, settings: Settings, pack: Pack, *, at_end: float
) -> npt.NDArray[np.int64]:
    """Whole frames, at least one for each phoneme. Ends are rounded rather than lengths, so that
    rounding never adds up to a change of speed.
    """
    delivery = sentence.delivery
    predicted = pack.acoustic.durations(sentence.features, speaker_of(sentence, settings))
    frames_per_second = pack.manifest.audio.sample_rate / pack.manifest.audio.hop_length
    predicted = with_pauses(
        predicted, sentence.features, frames_per_second=frames_per_second, at_end=at_end
    )
    if delivery is None:
        frames = predicted.astype(np.float64) * settings.length_scale
    else:
        frames = _directed_frames(
            predicted, delivery, settings.length_scale, frames_per_second, followed=at_end > 0
        )
    if at_end == 0 and (delivery is None or math.isnan(delivery.pauses[-1])):
        frames[-1] = max(frames[-1], min(predicted[-1], LAST_SECONDS * frames_per_second))
    ends = np.cumsum(frames)
    if not math.isfinite(ends[-1]):
        raise VoiceError(
            f"voice {pack.manifest.name!r}: its acoustic model gives durations that are not "
            f"finite numbers"
        )
    whole = np.diff(np.floor(ends + 0.5).astype(np.int64), prepend=0)
    durations: npt.NDArray[np.int64] = np.maximum(whole, 1)
    durations.setflags(write=False)
    return durations


def _directed_frames(
    predicted: npt.NDArray[np.float32],
    delivery: Delivery,
    length_scale: float,
    frames_per_second: float,
    *,
    followed: bool,
) -> npt.NDArray[np.float64]:
    """Frames before rounding, of a sentence whose author says how fast it is, and how long its
    pauses are: whole ones, so that none is changed by rounding.
    """
    scales = np.clip(length_scale / delivery.rates, *LENGTH_SCALES)
    set_by_author = ~np.isnan(delivery.pauses)
    exact = np.maximum(np.floor(np.nan_to_num(delivery.pauses) * frames_per_second + 0.5), 1.0)
    if followed and set_by_author[-1]:
        # the next sentence begins with the frame that is lacking
        exact[-1] = max(exact[-1] - 1.0, 1.0)
    return np.where(set_by_author, exact, predicted.astype(np.float64) * scales)


def speaker_of(sentence: Sentence, settings: Settings) -> int:
    """Who speaks a sentence: index of the speaker."""
    return (
        settings.speaker
        if sentence.delivery is None or sentence.delivery.speaker is None
        else sentence.delivery.speaker
    )
