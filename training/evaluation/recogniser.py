"""What an offline recogniser understands: pocketsphinx with its own US English model, from the wheel."""

from __future__ import annotations

from collections.abc import Sequence

import jiwer
import numpy as np
from pocketsphinx import Decoder

from training.evaluation.measures import RATE
from vocoder.audio.pcm import Int16Array
from vocoder.text import analyse


class Recogniser:
    """Hears one sound at a time."""

    def __init__(self) -> None:
        self._decoder = Decoder(samprate=RATE)

    def hear(self, samples: Int16Array) -> str:
        """The words of int16 [T] at 16 kHz, in lower case; "" for nothing."""
        # A little silence around the words: the recogniser's noise estimate needs it.
        padded = np.pad(samples, RATE // 4)
        self._decoder.start_utt()
        self._decoder.process_raw(padded.tobytes(), full_utt=True)
        self._decoder.end_utt()
        hypothesis = self._decoder.hyp()
        return "" if hypothesis is None else str(hypothesis.hypstr).lower()


def spoken_words(text: str) -> str:
    """A text as it is said, in lower case: what a recogniser's words are compared with."""
    return " ".join(word for sentence in analyse(text).sentences for word in sentence.words).lower()


def word_errors(reference: str, heard: str) -> tuple[int, int]:
    """How many words were wrong, missing or too many, and how many there are."""
    result = jiwer.process_words(reference, heard)
    return result.substitutions + result.deletions + result.insertions, len(reference.split())


def word_error_rate(errors: Sequence[tuple[int, int]]) -> float:
    """Of all sentences together."""
    wrong, words = np.sum(errors, axis=0)
    return float(wrong / words)
