"""The worker's clerk: answers questions on a thread of its own, for no stream should wait for them, and analyses recordings that are to be scored."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from service.loaded_voices import LoadedVoices
from service.messages import Answered, Ask
from service.questions import Answer, PhonemesWanted, ScoreWanted, TimesWanted
from service.reading import reading_of
from service.settings import ServiceSettings
from service.table import Table
from vocoder.audio.files import read_audio_bytes
from vocoder.errors import InputError
from vocoder.speech import check_text
from vocoder.timeline import Timeline

log = logging.getLogger(__name__)


class Clerk:
    """Takes questions off the table; recordings stay on it, and the generator goes on with them.

    Args:
        settings: of the service.
        voices: that can be asked about.
        table: of the worker.
    """

    def __init__(self, settings: ServiceSettings, voices: LoadedVoices, table: Table) -> None:
        self._settings = settings
        self._voices = voices
        self._table = table
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="clerk")

    def submit(self, asked: Ask) -> None:
        """One more question. Returns at once."""
        with self._table.changed:
            self._table.asked.add(asked.number)
        self._thread.submit(self._take_on, asked)

    def stop(self) -> None:
        """Ends the thread, once the answer in hand is done."""
        self._thread.shutdown(cancel_futures=True)

    def _take_on(self, asked: Ask) -> None:
        if asked.number not in self._table.asked:
            return  # nobody waits any more
        try:
            if isinstance(asked.question, ScoreWanted):
                self._listen(asked.number, asked.question)
                return
            answer = self._answer(asked.question)
        except Exception as error:
            if not isinstance(error, InputError):
                log.exception("question %d cannot be answered", asked.number)
            self._table.break_off(asked.number, error)
            return
        self._table.answer(Answered(number=asked.number, answer=answer))

    def _listen(self, number: int, wanted: ScoreWanted) -> None:
        """Analyses a recording. The generator goes on with it."""
        voice = self._voices.find(wanted.voice)
        samples = read_audio_bytes(wanted.recording, voice.sample_rate, name="recording", most_seconds=self._settings.recording_seconds)
        scoring = voice.scoring(samples, speaker=wanted.speaker)
        with self._table.changed:
            if number in self._table.asked:
                self._table.judging.add(number, voice, scoring)
                self._table.changed.notify()

    def _answer(self, question: TimesWanted | PhonemesWanted) -> Answer:
        match question:
            case TimesWanted():
                order = replace(question.order, timestamps=True)  # subtitles, too, are times
                return Timeline.of(self._voices.planning(self._voices.find(order.voice), order).plan())
            case PhonemesWanted():
                voice = self._voices.find(question.voice)
                manifest, lexicon = voice.manifest, voice.pack.lexicon_below(question.lexicon)
                limit = min(self._voices.text_limit, self._settings.planned_characters)
                check_text(question.text, limit=limit)
                if lexicon is not None:
                    lexicon.check_length(question.text, limit=limit)
                return reading_of(question.text, voice=manifest.name, language=manifest.language, speakers=manifest.speakers, lexicon=lexicon)
