"""The steps from a recording to speech from text, each a system that speaks the same held-out
sentences; what a step costs is where the loss lies.

recording          as it is
copy               the vocoder, given the recording's own mel, F0 and voicing; no text
predicted mel      the acoustic model's mel, under the recording's durations, F0 and voicing; from
                   here on the vocoder is given the phonemes, too
predicted pitch    the acoustic model's F0 and voicing too, bent as the voice bends them; the
                   recording's durations
text               everything predicted: what a listener gets
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from training.acoustic.regression import AcousticTask
from training.data.dataset import DatasetEntry, PreparedSet
from vocoder.acoustic.melody import Melody
from vocoder.audio.pcm import to_float32
from vocoder.synthesis.voice import Voice
from vocoder.text import analyse
from vocoder.text.features import LinguisticFeatures
from vocoder.text.inventory import PAUSE, PHONEMES
from vocoder.torch_threads import one_torch_thread

FloatArray = npt.NDArray[np.float32]
SEED = 0
RECORDINGS = "recordings"
COPY = "copy synthesis"
TEXT = "speech from text"


class Ladder:
    """Speaks held-out sentences in each of the five ways.

    Attributes:
        systems: by name, from the recording up: gives float32 [T] of an aligned utterance.
    """

    def __init__(self, voice: Voice, data: PreparedSet) -> None:
        self._voice, self._data, self._acoustic = voice, data, voice.pack.acoustic_model
        self._task = AcousticTask(data, voice.manifest.acoustic)
        self.systems: dict[str, Callable[[DatasetEntry], FloatArray]] = {
            RECORDINGS: self._recording,
            COPY: self._copy,
            "copy, predicted mel": self._predicted_mel,
            "copy, predicted mel, F0, voicing": self._predicted_pitch,
            TEXT: lambda entry: self.say(entry.text, entry.speaker),
        }

    def say(self, text: str, speaker: int = 0) -> FloatArray:
        """A text with the voice's defaults."""
        return to_float32(self._voice.synthesize(text, speaker=speaker, seed=SEED))

    def _recording(self, entry: DatasetEntry) -> FloatArray:
        return np.asarray(self._data.wave(entry))

    def _copy(self, entry: DatasetEntry) -> FloatArray:
        return to_float32(
            self._voice.vocode(
                self._voice.analyse(self._recording(entry), speaker=entry.speaker), seed=SEED
            )
        )

    def _predicted_mel(self, entry: DatasetEntry) -> FloatArray:
        with one_torch_thread():
            predicted = self._task.predict(self._acoustic, entry).log_mel
        return to_float32(
            self._voice.vocode(
                dataclasses.replace(self._data.conditions(entry), log_mel=predicted),
                predicted=True,
                seed=SEED,
            )
        )

    def _predicted_pitch(self, entry: DatasetEntry) -> FloatArray:
        categories, positions, durations = self._data.phonemes(entry)
        phonemes = tuple(PHONEMES[index] for index in categories[:, 0])
        features = LinguisticFeatures(
            categories=np.array(categories),
            positions=np.array(positions),
            phonemes=phonemes,
            # which word it is changes nothing that is predicted
            word_index=np.array([-1 if phoneme == PAUSE else 0 for phoneme in phonemes]),
        )
        melody = Melody(
            intonation=self._voice.manifest.intonation,
            rises=analyse(entry.text).sentences[-1].rises,
        )
        with one_torch_thread():
            conditions = self._acoustic.conditions(
                features, np.array(durations), entry.speaker, melody
            )
        return to_float32(self._voice.vocode(conditions, predicted=True, seed=SEED))
