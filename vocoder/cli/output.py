"""Where the sound of a command goes: a file that is whole or not there, or standard output as the
sound is made.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from vocoder.audio.chapter_marks import Chapter
from vocoder.audio.file_writing import encode_audio, format_of, write_audio
from vocoder.audio.formats import check_format
from vocoder.audio.pcm import Int16Array, to_bytes
from vocoder.audio.wav import wav_header
from vocoder.cli.waiting import Bar

DEFAULT_FILE = "out.wav"
STREAMED = ("wav", "pcm")  # formats whose beginning can leave before the end exists


@dataclass(frozen=True, kw_only=True)
class Output:
    """A destination of sound.

    Attributes:
        path: the file, or None for standard output.
        format_name: one of `vocoder.audio.formats.FILE_FORMATS`.
    """

    path: Path | None
    format_name: str

    @classmethod
    def choose(cls, path: str | None, format_name: str | None) -> Self:
        """What the options `--output` and `--format` mean. Called before any work is done, so that
        mistakes show at once.

        Raises:
            InputError: an unknown format, or an extension that names none.
        """
        if format_name is not None:
            check_format(format_name)
        if path is None:
            at_terminal = sys.stdout.isatty()
            path = (
                str(Path(DEFAULT_FILE).with_suffix(f".{format_name or 'wav'}"))
                if at_terminal
                else "-"
            )
        if path == "-":
            return cls(path=None, format_name=format_name or "wav")
        return cls(path=Path(path), format_name=format_name or format_of(path))

    def take(
        self,
        pieces: Iterator[Int16Array],
        *,
        num_samples: int,
        sample_rate: int,
        what: str,
        chapters: Sequence[Chapter] = (),
    ) -> None:
        """Takes the sound as it is made, under a progress bar.

        Args:
            pieces: int16, `num_samples` in all.
            num_samples: known beforehand.
            sample_rate: Hz.
            what: what the bar says.
            chapters: that are told in the file; its format must have a place for them where there
                are any.

        Raises:
            InputError: the sound is too long for a WAV (before any of it is made), or cannot be
                written.
        """
        header = wav_header(sample_rate, num_samples) if self.format_name == "wav" else b""
        with Bar(what, num_samples) as bar:
            if self.path is None and self.format_name in STREAMED:
                _send(header)
                for piece in pieces:
                    _send(to_bytes(piece))
                    bar.advance(len(piece))
                return
            taken = [np.zeros(0, np.int16)]
            for piece in pieces:
                taken.append(piece)
                bar.advance(len(piece))
        samples = np.concatenate(taken)
        if self.path is None:
            _send(
                encode_audio(
                    samples,
                    sample_rate,
                    self.format_name,
                    name="standard output",
                    chapters=chapters,
                )
            )
        else:
            write_audio(
                self.path, samples, sample_rate, format_name=self.format_name, chapters=chapters
            )


def _send(data: bytes) -> None:
    """At once: whoever listens to a pipe should hear each piece when it is made."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
