"""Who writes down what was heard: Whisper, where a folder of its weights is named, or pocketsphinx,
whose model comes with it.

Text and answer go through Whisper's own English normaliser before words are compared: "colour" and
"color", "nine hundred" and "900" do not differ. What it does not unify, as "9:30" and "nine
thirty", takes several readings of the text.
"""

from __future__ import annotations

import abc
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from training.evaluation.level import RATE, FloatArray
from vocoder.audio.pcm import to_int16
from vocoder.errors import InputError


class Listener(abc.ABC):
    """Hears one sound at a time.

    Attributes:
        name: for reports.
    """

    name: str

    @abc.abstractmethod
    def hear(self, samples: FloatArray) -> str:
        """The words of float32 [T] at 16 kHz; "" for nothing."""


class Whisper(Listener):
    """OpenAI's Whisper by faster-whisper: fp32, one thread, beam of 5, temperature 0, no
    timestamps, English.

    Args:
        folder: CTranslate2 weights: config.json, model.bin, tokenizer.json, vocabulary.

    Raises:
        InputError: the folder has no weights; `field` is the option.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "model.bin").is_file():
            raise InputError(
                f"{folder}: has no model.bin: name a folder of CTranslate2 weights of Whisper",
                field="whisper",
            )
        from faster_whisper import WhisperModel  # late: it takes a second

        self.name = f"Whisper {folder.absolute().name}"
        self._model = WhisperModel(str(folder), device="cpu", compute_type="float32", cpu_threads=1)

    def hear(self, samples: FloatArray) -> str:
        """The words, with Whisper's own spelling and punctuation."""
        segments, _ = self._model.transcribe(
            samples, language="en", beam_size=5, temperature=0.0, condition_on_previous_text=False,
            without_timestamps=True
        )  # fmt: skip
        return " ".join(segment.text.strip() for segment in segments)


class PocketSphinx(Listener):
    """CMU Pocketsphinx with its US English model."""

    name = "pocketsphinx"

    def __init__(self) -> None:
        from pocketsphinx import Decoder  # late: it reads its model

        self._decoder = Decoder(samprate=RATE)

    def hear(self, samples: FloatArray) -> str:
        """The words, in lower case."""
        # A little silence around the words: the recogniser's noise estimate needs it.
        padded = np.pad(to_int16(samples), RATE // 4)
        self._decoder.start_utt()
        self._decoder.process_raw(padded.tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return "" if hypothesis is None else str(hypothesis.hypstr).lower()


def make_listener(whisper: Path | None) -> Listener:
    """Whisper from a folder, or pocketsphinx where none is named."""
    return PocketSphinx() if whisper is None else Whisper(whisper)


def word_errors(readings: Sequence[str], heard: str) -> tuple[int, int]:
    """How many words were wrong, missing or too many, and how many there are: of the reading that
    is nearest to what was heard.
    """
    import jiwer

    answer = " ".join(normalised(heard))
    found = []
    for reading in readings:
        words = normalised(reading)
        result = jiwer.process_words(" ".join(words), answer)
        found.append((result.substitutions + result.deletions + result.insertions, len(words)))
    return min(found)


def normalised(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return str(_normaliser()(text)).split()


@cache
def _normaliser() -> Any:
    from whisper_normalizer.english import EnglishTextNormalizer

    return EnglishTextNormalizer()
