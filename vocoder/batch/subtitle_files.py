"""Subtitles beside the sound: a file of the same name, another extension, there when the sound
is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Self

from vocoder.batch.destinations import Destination
from vocoder.errors import InputError
from vocoder.synthesis.planning import Plan
from vocoder.synthesis.subtitles import subrip, webvtt
from vocoder.synthesis.timeline import timed_sentences

FORMS = ("vtt", "srt")  # WebVTT, SubRip


@dataclass(frozen=True, kw_only=True)
class SubtitleFile:
    """A file, not written yet.

    Attributes:
        name: of the file.
        data: all of it.
    """

    name: str
    data: bytes

    @classmethod
    def of(cls, plan: Plan, *, sound: str, form: str) -> Self:
        """The subtitles of a plan, for the file of its sound. `form`: of `FORMS`."""
        write = webvtt if form == "vtt" else subrip
        text = "".join(
            write(timed_sentences(plan.sentences, hop_length=plan.hop_length), plan.sample_rate)
        )
        return cls(name=subtitle_name(sound, form), data=text.encode())

    @property
    def sha256(self) -> str:
        """In hexadecimal."""
        return hashlib.sha256(self.data).hexdigest()

    def write(self, files: Destination) -> None:
        """To where the files are; errors as `Destination.writing`."""
        with files.writing(self.name) as file:
            file.write(self.data)


def subtitle_name(sound: str, form: str) -> str:
    """The name of the subtitles of a file."""
    return f"{sound.rpartition('.')[0]}.{form}"


def check_form(form: str) -> str:
    """A form of subtitles.

    Raises:
        InputError: there is none of this name; `field` is "subtitles".
    """
    if form not in FORMS:
        raise InputError(
            f"subtitles must be one of {', '.join(FORMS)}, not {form!r}", field="subtitles"
        )
    return form
