"""The lexicons of the voices, stored in a folder: NAME.json or NAME.pls, a file a voice.

Only the frontend process holds them. An order carries the few entries that its text uses
(`entries_needed`). So workers hold no lexicons, and a stream keeps the entries that it began with,
also when it is regenerated after an edit.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from service.protocol.speech_order import SpeechOrder, VoiceDescription
from vocoder.audio.whole_file import whole_file
from vocoder.errors import ConfigError, InputError, SonantError
from vocoder.synthesis.limits import TEXT_LIMIT
from vocoder.synthesis.settings import check_text
from vocoder.text import SpeechInput, entries_needed
from vocoder.text.lexicon import Lexicon, LexiconEntry, read_lexicon_file, to_json, to_pls

log = logging.getLogger(__name__)
_FILE_NAME = re.compile(r"[^./\0][^/\0]{0,199}")


@dataclass(frozen=True, kw_only=True)
class StoredLexicon:
    """The lexicon of a voice.

    Attributes:
        lexicon: its words.
        language: of the voice, as espeak-ng names it.
        json: the lexicon in UTF-8.
    """

    lexicon: Lexicon
    language: str
    json: bytes

    @classmethod
    def of(cls, lexicon: Lexicon, language: str) -> StoredLexicon:
        """With its JSON."""
        return cls(lexicon=lexicon, language=language, json=to_json(lexicon).encode())

    @property
    def tag(self) -> str:
        """What tells it from what it was before, and will be: the strong entity tag of its JSON."""
        return tag_of(self.json)


def tag_of(data: bytes) -> str:
    """A strong entity tag."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


class LexiconStore:
    """By voice. On the event loop; what takes long is done on threads.

    Args:
        folder: where they are stored, made if missing; None: there are none, and none can be made.
        text_limit: characters of a text.
    """

    def __init__(self, folder: Path | None, *, text_limit: int | None = None) -> None:
        self._folder = folder
        self._text_limit = TEXT_LIMIT if text_limit is None else text_limit
        self._voices: dict[str, VoiceDescription] = {}
        self._stored: dict[str, StoredLexicon] = {}
        self._paths: dict[str, Path] = {}
        self._default = ""
        self._editing = asyncio.Lock()

    @property
    def can_be_edited(self) -> bool:
        """Whether there is a folder to store them in."""
        return self._folder is not None

    def load(self, voices: Sequence[VoiceDescription]) -> None:
        """Reads the files of these voices, the default voice first.

        Raises:
            InputError: field "lexicon"; a file is none.
            ConfigError: the folder cannot be used, a voice has two files, or a name that no file
                can have.
        """
        self._default = voices[0].name
        self._voices = {voice.name: voice for voice in voices}
        for voice in voices:
            self._stored[voice.name] = StoredLexicon.of(self._read(voice), voice.language)

    def of(self, voice: str) -> StoredLexicon | None:
        """That of a voice, which may be empty; None where no such voice is loaded."""
        return self._stored.get(voice)

    async def entries_for(
        self, text: SpeechInput, *, voice: str | None, lexicon: Lexicon | None
    ) -> Lexicon | None:
        """The entries that reading a text asks for, of a request's lexicon and of the voice's below
        it; None for none.

        Raises:
            TextError: the text is empty or too long, or the document or the phonemes are wrong.
                Where there is no lexicon the worker finds that.
        """
        speaker = self._voices.get(voice or self._default)
        if speaker is None:
            return lexicon  # there is no such voice, which is the worker's to say
        below = self._stored[speaker.name].lexicon
        whole = below if lexicon is None else lexicon.over(below)
        if not whole:
            return None
        check_text(text, limit=self._text_limit)
        read = partial(
            entries_needed,
            text,
            whole,
            language=speaker.language,
            voice=speaker.name,
            speakers=speaker.speakers,
        )
        return await asyncio.to_thread(read) or None

    async def with_entries(self, order: SpeechOrder) -> SpeechOrder:
        """The order, with all entries that its sound depends on: the request's own, and those that
        are stored now.
        """
        return replace(
            order,
            lexicon=await self.entries_for(order.text, voice=order.voice, lexicon=order.lexicon),
        )

    async def edit(self, voice: str, change: Callable[[StoredLexicon], Lexicon]) -> StoredLexicon:
        """Stores another lexicon for a loaded voice: on the disk, and then in use. One edit at a
        time.

        Args:
            voice: its name.
            change: given what is stored, what is to be; what it raises is raised, and nothing
                changes.

        Raises:
            SonantError: it cannot be written.
        """
        async with self._editing:
            return await asyncio.to_thread(self._edit, voice, change)

    def _edit(self, voice: str, change: Callable[[StoredLexicon], Lexicon]) -> StoredLexicon:
        before, path = self._stored[voice], self._paths[voice]
        after = StoredLexicon.of(change(before), before.language)
        try:
            with whole_file(path) as file:
                file.write(
                    to_pls(after.lexicon, language=after.language).encode()
                    if path.suffix == ".pls"
                    else after.json
                )
        except (OSError, InputError) as error:  # the service's own fault: no client named this file
            raise SonantError(f"the lexicon {path} cannot be stored: {error}") from error
        self._stored[voice] = after
        log.info(
            "the lexicon of %s has been edited: %d entries, were %d",
            voice,
            len(after.lexicon),
            len(before.lexicon),
        )
        return after

    def _read(self, voice: VoiceDescription) -> Lexicon:
        if self._folder is None:
            return Lexicon()
        if not _FILE_NAME.fullmatch(voice.name):
            raise ConfigError(
                f"the lexicon of a voice called {voice.name!r} cannot be stored: no file can "
                f"have this name"
            )
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(
                f"lexicons cannot be stored in {self._folder} ({error.strerror})"
            ) from error
        json, pls = self._folder / f"{voice.name}.json", self._folder / f"{voice.name}.pls"
        there = [path for path in (json, pls) if path.exists()]
        if len(there) > 1:
            raise ConfigError(
                f"voice {voice.name!r} has two lexicons, {json} and {pls}: take one of them away"
            )
        self._paths[voice.name] = there[0] if there else json
        return read_lexicon_file(there[0], language=voice.language) if there else Lexicon()


def entry_tag(entry: LexiconEntry) -> str:
    """What tells an entry from what it was before, and will be."""
    return tag_of(to_json(Lexicon(entries={"": entry})).encode())
