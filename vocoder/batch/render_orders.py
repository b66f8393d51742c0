"""From a line to an order: which voice says what, how, with which seed, and by what mark the result
is known again.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path

from vocoder.audio.chapter_marks import Chapter, check_chapters_in, check_number_of_chapters
from vocoder.audio.formats import check_format
from vocoder.audio.loudness import TARGETS
from vocoder.batch.list_entries import ListEntry
from vocoder.batch.subtitle_files import check_form
from vocoder.errors import InputError
from vocoder.seeds import check_seed, derived_seed
from vocoder.synthesis.chapters import chapters_of
from vocoder.synthesis.limits import TEXT_LIMIT
from vocoder.synthesis.planning import Plan
from vocoder.synthesis.settings import Settings, check_text
from vocoder.synthesis.voice import Voice, load_voice, voice_folder
from vocoder.text import Lexicon, SpeechInput, Ssml, TextWithHeadings, as_json, entries_needed
from vocoder.text.headings import has_headings
from vocoder.voices.library import MANIFEST, find_voice

# Part of every mark: another number, and everything is made again.
_MARK = 1


@cache
def release() -> str:
    """Of Sonant: another may read a text otherwise, so what an older one made is made again."""
    return version("sonant")


@dataclass(frozen=True, kw_only=True)
class Defaults:
    """What counts where a line says nothing, and what counts for all of them.

    Attributes:
        voice: a name, or the folder of a pack.
        speaker, length_scale, pitch, volume, temperature: as `Voice.settings`.
        seed: that the seeds of lines are derived from, 0..2**64-1.
        format: one of `vocoder.audio.formats.FILE_FORMATS`.
        loudness: -70..-5 LUFS that every file is brought to; None leaves them as they are.
        lexicon: words that are said as it says in every line, over the voice's own; None: none.
        engine, precision: as `load_voice`.
        chapters: whether those of a text are told in its file; the format must have a place for
            them.
        subtitles: of `vocoder.batch.subtitle_files.FORMS`: written beside every file; None: none.
            No part of what the sound depends on.
        text_limit: characters of a line's text.

    Raises:
        InputError: the seed, the format, the subtitles or the loudness is none, or chapters cannot
            be written; the others are checked by the voice.
    """

    voice: str
    speaker: str | int | None = None
    length_scale: float = 1.0
    pitch: float = 0.0
    volume: float = 1.0
    temperature: float | None = None
    seed: int = 0
    format: str = "wav"
    loudness: float | None = None
    lexicon: Lexicon | None = None
    chapters: bool = False
    subtitles: str | None = None
    engine: str = "auto"
    precision: str = "auto"
    text_limit: int = TEXT_LIMIT

    def __post_init__(self) -> None:
        check_seed(self.seed)
        check_format(self.format)
        if self.chapters:
            check_chapters_in(self.format)
        if self.subtitles is not None:
            check_form(self.subtitles)
        # also refuses NaN
        if self.loudness is not None and not TARGETS[0] <= self.loudness <= TARGETS[1]:
            raise InputError(
                f"loudness must lie in {TARGETS[0]:g}..{TARGETS[1]:g} LUFS, not {self.loudness:g}",
                field="loudness",
            )


@dataclass(frozen=True, kw_only=True)
class RenderOrder:
    """A line, ready to be spoken.

    Attributes:
        entry: the line.
        text: what it says: read with headings where they are chapters.
        voice: who says it.
        settings: how.
        seed: 0..2**64-1.
        format: of the file.
        chapters: whether those of the text are told in it.
        lexicon: the entries that the line's text asks for; None: none.
        work: SHA-256 in hexadecimal of all that the file's bytes depend on.
    """

    entry: ListEntry
    text: SpeechInput
    voice: Voice
    settings: Settings
    seed: int
    format: str
    chapters: bool
    lexicon: Lexicon | None
    work: str


class OrderFactory:
    """Makes orders of lines. Each voice is loaded when the first line asks for it, and stays; used
    by one thread, as planning is.

    Args:
        defaults: of the run. Its voice is loaded at once, so that a mistake there shows before the
            list is read.

    Raises:
        InputError, VoiceError, EngineError: as `load_voice` and `Voice.settings`.
    """

    def __init__(self, defaults: Defaults) -> None:
        self._defaults = defaults
        self._voices: dict[Path, tuple[Voice, str]] = {}
        voice, _ = self._voice(voice_folder(defaults.voice))
        voice.settings(
            speaker=defaults.speaker,
            length_scale=defaults.length_scale,
            pitch=defaults.pitch,
            volume=defaults.volume,
            temperature=defaults.temperature,
        )

    def of(self, entry: ListEntry) -> RenderOrder:
        """What a line orders.

        Raises:
            TextError: a document, or phonemes, that are wrong, where there is a lexicon to be
                looked into; `plan` finds them in any case.
            InputError: a field that the voice does not know, or is out of range; a format that has
                no place for chapters.
            VoiceError: the voice is damaged.
        """
        defaults = self._defaults
        # A list may come from anybody: it names voices, and never folders.
        voice, fingerprint = self._voice(
            voice_folder(defaults.voice) if entry.voice is None else find_voice(entry.voice)
        )
        settings = voice.settings(
            speaker=defaults.speaker if entry.speaker is None else entry.speaker,
            length_scale=defaults.length_scale
            if entry.length_scale is None
            else entry.length_scale,
            pitch=defaults.pitch if entry.pitch is None else entry.pitch,
            volume=defaults.volume if entry.volume is None else entry.volume,
            temperature=defaults.temperature if entry.temperature is None else entry.temperature,
        )
        seed = derived_seed(defaults.seed, entry.id) if entry.seed is None else entry.seed
        format_name = entry.format or defaults.format
        text, chapters = self._text(entry, format_name)
        depends = {
            "mark": _MARK,
            "sonant": release(),
            "voice": fingerprint,
            "engine": voice.engine.name,
            "precision": voice.engine.precision,
            "text": as_json(entry.text),
            "speaker": settings.speaker,
            "length_scale": settings.length_scale,
            "pitch": settings.pitch,
            "volume": settings.volume,
            "temperature": settings.temperature,
            "seed": seed,
            "format": format_name,
            "loudness": defaults.loudness,
        }
        if chapters:  # no part of other marks, as words of a lexicon
            depends["chapters"] = True
        manifest, lexicon = voice.manifest, defaults.lexicon
        if lexicon is not None:
            check_text(text, limit=defaults.text_limit)
            lexicon = (
                entries_needed(
                    text,
                    lexicon,
                    language=manifest.language,
                    voice=manifest.name,
                    speakers=manifest.speakers,
                )
                or None
            )
        # no part of other marks: a line that no entry touches stays as it is
        if lexicon is not None:
            depends["lexicon"] = lexicon.digest
        work = hashlib.sha256(json.dumps(depends, sort_keys=True).encode()).hexdigest()
        return RenderOrder(
            entry=entry,
            text=text,
            voice=voice,
            settings=settings,
            seed=seed,
            format=format_name,
            chapters=chapters,
            lexicon=lexicon,
            work=work,
        )

    def plan(self, order: RenderOrder) -> Plan:
        """What will be said, and how long it is: most of the work before speaking, so only what has
        to be spoken is planned.

        Raises:
            TextError: the text cannot be spoken, or is too long.
            VoiceError: as `Plan.of`.
        """
        return order.voice.plan(
            order.text, order.settings, text_limit=self._defaults.text_limit, lexicon=order.lexicon
        )

    @staticmethod
    def chapters(order: RenderOrder, plan: Plan) -> tuple[Chapter, ...]:
        """Those that are told in the file: none where nobody asked, or the text has none.

        Raises:
            InputError: one has no title, or there are too many.
        """
        chapters = chapters_of(plan) if order.chapters else ()
        if chapters:
            check_number_of_chapters(len(chapters), order.format)
        return chapters

    def _text(self, entry: ListEntry, format_name: str) -> tuple[SpeechInput, bool]:
        """What a line says, and whether chapters of it are told. A line in which there can be none
        is what it is without them.
        """
        if not (self._defaults.chapters if entry.chapters is None else entry.chapters):
            return entry.text, False
        check_chapters_in(format_name)
        if isinstance(entry.text, str) and has_headings(entry.text):
            return TextWithHeadings(entry.text), True
        return entry.text, isinstance(entry.text, Ssml)

    def _voice(self, folder: Path) -> tuple[Voice, str]:
        """A voice, and the SHA-256 of its manifest, which in turn holds those of its weights."""
        if folder not in self._voices:
            voice = load_voice(
                folder, engine=self._defaults.engine, precision=self._defaults.precision
            )
            self._voices[folder] = (
                voice,
                hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest(),
            )
        return self._voices[folder]
