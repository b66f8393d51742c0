"""`sonant vocode` and `sonant score`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.cli.test_say import Input
from vocoder.audio.file_reading import read_audio
from vocoder.audio.file_writing import write_audio
from vocoder.audio.pcm import to_float32, to_int16
from vocoder.cli.program import BAD_INPUT, run
from vocoder.synthesis.voice import load_voice

# its last frame is not full
SOUND = to_int16((0.3 * np.sin(2 * np.pi * 150 * np.arange(1_999) / 8_000)).astype(np.float32))


@pytest.fixture(autouse=True)
def recording(workplace: Path) -> Path:
    write_audio(workplace / "in.wav", SOUND, 8_000)
    return workplace / "in.wav"


def test_vocode_says_a_recording_again_at_its_length(library: Path) -> None:
    assert run(["vocode", "in.wav", "-o", "out.wav", "--voice", "tiny", "--seed", "3"]) == 0
    voice = load_voice(library / "tiny")
    expected = voice.vocode(voice.analyse(to_float32(SOUND)), seed=3)
    np.testing.assert_array_equal(read_audio("out.wav", 8_000), to_float32(expected[: len(SOUND)]))
    assert len(expected) > len(SOUND)


def test_vocode_from_standard_input_to_standard_output(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    run(["vocode", "in.wav", "-o", "out.wav", "--voice", "tiny", "--seed", "3"])
    capfdbinary.readouterr()
    monkeypatch.setattr(sys, "stdin", Input(recording.read_bytes()))
    assert run(["vocode", "-", "-o", "-", "--voice", "tiny", "--seed", "3"]) == 0
    assert capfdbinary.readouterr().out == Path("out.wav").read_bytes()


def test_vocode_takes_any_rate(workplace: Path) -> None:
    write_audio("fast.flac", np.repeat(SOUND, 2), 16_000)
    assert run(["vocode", "fast.flac", "-o", "out.wav", "--voice", "tiny"]) == 0
    assert len(read_audio("out.wav", 8_000)) == len(SOUND)


def test_score_in_words_and_for_programs(library: Path, capfd: pytest.CaptureFixture[str]) -> None:
    found = load_voice(library / "tiny").score(to_float32(SOUND))
    assert run(["score", "in.wav", "--voice", "tiny"]) == 0
    assert capfd.readouterr().out.startswith(f"{found.bits_per_sample:.4f} bits per sample")
    assert run(["score", "in.wav", "--voice", "tiny", "--json"]) == 0
    answer = json.loads(capfd.readouterr().out)
    assert answer["voice"] == "tiny"
    assert answer["num_samples"] == len(SOUND)
    assert answer["bits_per_sample"] == pytest.approx(found.bits_per_sample)
    assert answer["bits"] == pytest.approx(found.bits)
    assert len(answer["bits_per_frame"]) == 25
    assert sum(answer["bits_per_frame"]) == pytest.approx(found.bits, rel=1e-4)


@pytest.mark.parametrize("command", [["vocode", "-o", "out.wav"], ["score"]])
def test_a_file_that_is_no_recording_is_named(
    workplace: Path,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("text.wav").write_text("hello")
    for arguments, message in (
        (["text.wav"], "text.wav: not audio"),
        (["none.wav"], "none.wav: no such file"),
        (["-"], "standard input: is an empty file"),
    ):
        monkeypatch.setattr(sys, "stdin", Input(b""))
        assert run([*command, *arguments, "--voice", "tiny"]) == BAD_INPUT
        assert f"sonant: {message}" in capfd.readouterr().err
    assert not Path("out.wav").exists()
