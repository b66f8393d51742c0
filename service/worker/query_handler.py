"""Answers queries without audio (phonemes, subtitles) on a thread of its own, so that no stream
waits for them, and analyses recordings that are to be scored.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from service.protocol.messages import AskQuery, QueryAnswered
from service.protocol.queries import (
    Answer,
    PhonemesQuery,
    PhonemizedText,
    ScoreQuery,
    SubtitlesQuery,
)
from service.settings import ServiceSettings
from service.worker.loaded_voices import LoadedVoices
from service.worker.phonemize import phonemize
from service.worker.time_slices import TimeSlicedExecutor, time_slice_is_over
from service.worker.worker_state import WorkerState
from vocoder.audio.file_reading import read_audio_bytes
from vocoder.errors import InputError
from vocoder.synthesis.settings import check_text
from vocoder.synthesis.subtitles import subrip, webvtt
from vocoder.synthesis.timeline import timed_sentences

log = logging.getLogger(__name__)


class QueryHandler:
    """Answers queries. Analysed recordings go to the `ScoringQueue`, which the generator works at.

    Args:
        settings: of the service.
        voices: all that are loaded.
        state: of the worker.
    """

    def __init__(self, settings: ServiceSettings, voices: LoadedVoices, state: WorkerState) -> None:
        self._settings = settings
        self._voices = voices
        self._state = state
        self._executor = TimeSlicedExecutor("queries")

    def submit(self, asked: AskQuery) -> None:
        """Adds a query; returns at once."""
        with self._state.changed:
            self._state.open_queries.add(asked.number)
        self._executor.add(lambda: self._handle(asked))

    def stop(self) -> None:
        """Ends the thread after the current query."""
        self._executor.stop()

    def _handle(self, asked: AskQuery, writing: _SubtitleWriter | None = None) -> None:
        if asked.number not in self._state.open_queries:
            return  # nobody waits any more
        try:
            match asked.query:
                case ScoreQuery():
                    self._start_scoring(asked.number, asked.query)
                    return
                case SubtitlesQuery():
                    writing = writing or self._writing(asked.query)
                    if not writing.advance():
                        self._executor.add(lambda: self._handle(asked, writing))
                        return
                    answer: Answer = "".join(writing.pieces)
                case PhonemesQuery():
                    answer = self._phonemize(asked.query)
        except Exception as error:
            if not isinstance(error, InputError):
                log.exception("question %d cannot be answered", asked.number)
            self._state.fail(asked.number, error)
            return
        self._state.answer(QueryAnswered(number=asked.number, answer=answer))

    def _start_scoring(self, number: int, wanted: ScoreQuery) -> None:
        """Analyses a recording. The generator goes on with it."""
        voice = self._voices.find(wanted.voice)
        samples = read_audio_bytes(
            wanted.recording,
            voice.sample_rate,
            name="recording",
            most_seconds=self._settings.recording_seconds,
        )
        scoring = voice.scoring(samples, speaker=wanted.speaker)
        with self._state.changed:
            if number in self._state.open_queries:
                self._state.scoring_queue.add(number, voice, scoring)
                self._state.changed.notify()

    def _writing(self, wanted: SubtitlesQuery) -> _SubtitleWriter:
        voice = self._voices.find(wanted.order.voice)
        planned = self._voices.planning(voice, wanted.order).sentences_from(0)
        write = webvtt if wanted.form == "vtt" else subrip
        return _SubtitleWriter(
            left=write(
                timed_sentences(planned, hop_length=voice.manifest.audio.hop_length),
                voice.sample_rate,
            )
        )

    def _phonemize(self, wanted: PhonemesQuery) -> PhonemizedText:
        voice = self._voices.find(wanted.voice)
        manifest, lexicon = voice.manifest, voice.pack.lexicon_below(wanted.lexicon)
        limit = min(self._voices.text_limit, self._settings.planned_characters)
        check_text(wanted.text, limit=limit)
        if lexicon is not None:
            lexicon.check_length(wanted.text, limit=limit)
        return phonemize(
            wanted.text,
            voice=manifest.name,
            language=manifest.language,
            speakers=manifest.speakers,
            lexicon=lexicon,
        )


@dataclass(kw_only=True)
class _SubtitleWriter:
    """Subtitles of a text, written in time slices; one sentence is in memory at a time."""

    left: Iterator[str]
    pieces: list[str] = field(default_factory=list)

    def advance(self) -> bool:
        """Writes for one time slice; returns whether all is written."""
        begun = time.monotonic()
        for piece in self.left:
            self.pieces.append(piece)
            if time_slice_is_over(begun):
                return False
        return True
