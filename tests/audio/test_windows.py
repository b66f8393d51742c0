"""One pass of the correction, in C++ and in numpy: the same sound, and a frame knows nothing of its
company.
"""

from __future__ import annotations

import numpy as np
import pytest

from vocoder.audio.windows import NativeWindows, PlainWindows, make_windows
from vocoder.compiled import available_isas
from vocoder.config import AudioConfig

CONFIGS = [
    AudioConfig(),
    AudioConfig(
        sample_rate=8_000, hop_length=80, win_length=240, n_fft=256, n_mels=20, f_max=4_000.0
    ),
    AudioConfig(sample_rate=22_050, hop_length=256, win_length=1024, n_fft=1024),
    AudioConfig(sample_rate=22_050, hop_length=300, win_length=1201, n_fft=2048),
    AudioConfig(sample_rate=8_000, hop_length=30, win_length=64, n_fft=64, n_mels=8, f_max=4_000.0),
]


def given(audio: AudioConfig, frames: int) -> tuple[np.ndarray, np.ndarray]:
    """Noise that swells, and targets, some of which are missing."""
    random = np.random.default_rng(frames)
    samples = (
        0.1 * random.standard_normal((frames - 1) * audio.hop_length + audio.win_length)
    ).astype(np.float32)
    samples *= np.linspace(0.0, 1.0, len(samples), dtype=np.float32) ** 4
    targets = random.normal(-2.0, 2.0, (frames, audio.n_mels)).astype(np.float32)
    targets[::5] = np.nan
    return samples, targets


def added(
    windows: NativeWindows | PlainWindows, samples: np.ndarray, targets: np.ndarray
) -> np.ndarray:
    sums = np.full(len(samples), 0.25, np.float32)
    windows.add_corrected(samples, targets, sums)
    return sums - np.float32(0.25)


@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize("audio", CONFIGS)
@pytest.mark.parametrize("frames", [1, 3, 16, 37])
def test_both_make_the_same_sound(isa: str, audio: AudioConfig, frames: int) -> None:
    samples, targets = given(audio, frames)
    plain = added(PlainWindows(audio), samples, targets)
    made = added(NativeWindows(audio, isa), samples, targets)
    assert np.sqrt(np.mean((made - plain) ** 2)) < 1e-6 * np.sqrt(np.mean(plain**2)) + 1e-8
    assert np.sqrt(np.mean((plain - samples) ** 2)) > 0.1 * np.sqrt(np.mean(samples**2)), (
        "there must be something to correct"
    )


@pytest.mark.parametrize("audio", CONFIGS)
def test_every_instruction_set_has_the_same_bits(audio: AudioConfig) -> None:
    samples, targets = given(audio, 37)
    made = [added(NativeWindows(audio, isa), samples, targets) for isa in available_isas()]
    for other in made[1:]:
        np.testing.assert_array_equal(other, made[0])


@pytest.mark.parametrize(
    "windows",
    [PlainWindows, *(lambda audio, isa=isa: NativeWindows(audio, isa) for isa in available_isas())],
    ids=["plain", *available_isas()],
)
def test_a_frame_alone_is_the_frame_in_company(windows) -> None:  # type: ignore[no-untyped-def]
    audio = CONFIGS[1]
    samples, targets = given(audio, 37)
    alone = np.zeros(len(samples), np.float32)
    whole = np.zeros(len(samples), np.float32)
    windows(audio).add_corrected(samples, targets, whole)
    for frame in range(37):
        at = frame * audio.hop_length
        windows(audio).add_corrected(
            samples[at : at + audio.win_length],
            targets[frame : frame + 1],
            alone[at : at + audio.win_length],
        )
    np.testing.assert_array_equal(alone, whole)


def test_no_frames_add_nothing() -> None:
    for windows in (PlainWindows(CONFIGS[0]), make_windows(CONFIGS[0])):
        sums = np.ones(10, np.float32)
        windows.add_corrected(np.ones(10, np.float32), np.zeros((0, 80), np.float32), sums)
        np.testing.assert_array_equal(sums, 1.0)


@pytest.mark.skipif(not available_isas(), reason="nothing was compiled")
def test_numpy_stands_in_where_the_transform_is_no_power_of_two() -> None:
    assert isinstance(make_windows(CONFIGS[0]), NativeWindows)
    other = AudioConfig(
        sample_rate=8_000, hop_length=80, win_length=240, n_fft=240, n_mels=20, f_max=4_000.0
    )
    assert isinstance(make_windows(other), PlainWindows)
