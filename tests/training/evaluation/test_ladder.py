"""What each step from a recording to speech from text predicts."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_voice import make_tiny_voice
from training.data.dataset import PreparedSet
from training.evaluation.ladder import COPY, RECORDINGS, TEXT, Ladder
from vocoder.acoustic.melody import Melody
from vocoder.acoustic.model import AcousticModel
from vocoder.audio.pcm import to_float32
from vocoder.synthesis.voice import Voice, load_voice
from vocoder.text.features import LinguisticFeatures
from vocoder.wavenet.conditions import Conditions


def test_each_step_of_the_ladder_predicts_more_than_the_one_before(
    prepared: PreparedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = load_voice(make_tiny_voice(tmp_path / "tone", audio=prepared.audio, speakers=("tone",)))
    given: list[Conditions] = []
    vocode = Voice.vocode
    monkeypatch.setattr(
        Voice,
        "vocode",
        lambda self, conditions, **settings: (
            given.append(conditions) or vocode(self, conditions, **settings)
        ),
    )
    ladder = Ladder(voice, prepared)
    entry = prepared.entries(validation=True)[0]
    sounds = {system: make(entry) for system, make in ladder.systems.items()}
    recording, *copies, text = sounds.values()
    assert [*sounds][:2] == [RECORDINGS, COPY]
    assert [*sounds][-1] == TEXT
    np.testing.assert_array_equal(recording, prepared.wave(entry))
    np.testing.assert_array_equal(text, to_float32(voice.synthesize(entry.text, seed=0)))
    assert {len(samples) for samples in copies} == {len(recording)}
    assert len({samples.tobytes() for samples in copies}) == 3

    true = prepared.conditions(entry)
    copy, mel, pitch = given
    # which is kept in half precision
    np.testing.assert_allclose(copy.log_mel, true.log_mel, atol=0.01)
    assert copy.categories is None
    for name in ("log_f0", "voicing", "categories", "positions"):
        np.testing.assert_array_equal(getattr(mel, name), getattr(true, name))
    np.testing.assert_array_equal(pitch.categories, true.categories)
    np.testing.assert_array_equal(pitch.positions, true.positions)
    assert np.abs(mel.log_mel - true.log_mel).mean() > 0.5
    assert np.abs(pitch.log_mel - true.log_mel).mean() > 0.5
    assert np.abs(pitch.log_f0 - true.log_f0).mean() > 0.05


def test_the_pitch_that_the_ladder_predicts_is_bent_as_the_voice_bends_it(
    prepared: PreparedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    melodies: list[Melody] = []
    conditions = AcousticModel.conditions

    def watched(
        self: AcousticModel,
        features: LinguisticFeatures,
        durations: np.ndarray,
        speaker: int,
        melody: Melody,
    ) -> Conditions:
        melodies.append(melody)
        return conditions(self, features, durations, speaker, melody)

    monkeypatch.setattr(AcousticModel, "conditions", watched)
    voice = load_voice(make_tiny_voice(tmp_path / "tone", audio=prepared.audio, speakers=("tone",)))
    pack = dataclasses.replace(
        voice.pack, manifest=dataclasses.replace(voice.manifest, intonation=1.7)
    )
    entry = prepared.entries(validation=True)[0]
    for text in (entry.text, "Did you see it?"):
        Ladder(Voice(pack=pack, engine=voice.engine), prepared).systems[
            "copy, predicted mel, F0, voicing"
        ](dataclasses.replace(entry, text=text))
    assert melodies == [Melody(intonation=1.7), Melody(intonation=1.7, rises=True)]


def test_importing_the_command_imports_no_judge() -> None:
    heavy = (
        "distillmos",
        "faster_whisper",
        "jiwer",
        "librosa",
        "matplotlib",
        "pesq",
        "pocketsphinx",
        "pystoi",
        "speechmos",
        "whisper_normalizer",
    )
    code = (
        f"import sys, training.cli, training.evaluation; sys.exit(', '.join(name for name in "
        f"{heavy} if name in sys.modules) or None)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
