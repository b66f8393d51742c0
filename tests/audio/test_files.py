"""Recordings in and out of files: every format, and every odd file refused by name."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from vocoder.audio.file_reading import _Contents, read_audio, read_audio_bytes
from vocoder.audio.file_writing import encode_audio, format_of, write_audio
from vocoder.audio.formats import FILE_FORMATS, check_format
from vocoder.audio.pcm import to_float32
from vocoder.audio.whole_file import whole_file
from vocoder.errors import AudioError, InputError

RATE = 16_000
SOUND = (12_000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE) * np.hanning(RATE)).astype(
    np.int16
)


def similarity(a: np.ndarray, b: np.ndarray) -> float:
    """Correlation of two spectra: what a lossy format must keep, whatever it does to the phase."""
    length = min(len(a), len(b))
    return float(
        np.corrcoef(np.abs(np.fft.rfft(a[:length])), np.abs(np.fft.rfft(b[:length])))[0, 1]
    )


@pytest.mark.parametrize("format_name", sorted(set(FILE_FORMATS) - {"pcm"}))
def test_what_is_written_can_be_read(tmp_path: Path, format_name: str) -> None:
    path = tmp_path / f"sound.{format_name}"
    write_audio(path, SOUND, RATE)
    samples = read_audio(path, RATE)
    assert samples.dtype == np.float32
    if format_name in ("wav", "flac", "aiff"):
        np.testing.assert_array_equal(samples, to_float32(SOUND))
    else:
        assert len(samples) == len(SOUND)
        assert similarity(samples, to_float32(SOUND)) > 0.99
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_raw_pcm_is_the_samples_and_nothing_else(tmp_path: Path) -> None:
    write_audio(tmp_path / "sound.pcm", SOUND, RATE)
    np.testing.assert_array_equal(np.fromfile(tmp_path / "sound.pcm", "<i2"), SOUND)


def test_a_long_vorbis_file_is_written_whole(tmp_path: Path) -> None:
    """libsndfile crashed on long sounds handed over in one call."""
    write_audio(tmp_path / "long.ogg", np.tile(SOUND, 120), RATE)
    assert len(read_audio(tmp_path / "long.ogg", RATE)) == 120 * RATE


@pytest.mark.parametrize(
    ("coding", "tolerance"),
    [
        ("PCM_U8", 0.01),
        ("PCM_16", 1e-4),
        ("PCM_24", 1e-4),
        ("PCM_32", 1e-4),
        ("FLOAT", 1e-4),
        ("DOUBLE", 1e-4),
        ("ULAW", 0.02),
    ],
)
def test_every_wav_coding_is_read(tmp_path: Path, coding: str, tolerance: float) -> None:
    soundfile.write(tmp_path / "a.wav", to_float32(SOUND), RATE, subtype=coding)
    np.testing.assert_allclose(
        read_audio(tmp_path / "a.wav", RATE), to_float32(SOUND), atol=tolerance
    )


def test_channels_are_averaged(tmp_path: Path) -> None:
    left = to_float32(SOUND)
    soundfile.write(
        tmp_path / "stereo.wav", np.column_stack([left, np.zeros_like(left)]), RATE, subtype="FLOAT"
    )
    np.testing.assert_allclose(read_audio(tmp_path / "stereo.wav", RATE), left / 2, atol=1e-6)


def test_another_rate_is_converted(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", to_float32(SOUND), RATE, subtype="FLOAT")
    samples = read_audio(tmp_path / "a.wav", 24_000)
    assert len(samples) == 24_000
    assert np.abs(np.fft.rfft(samples)).argmax() == 440


def test_the_contents_count_and_not_the_name(tmp_path: Path) -> None:
    write_audio(tmp_path / "sound.wav", SOUND, RATE)
    for name in ("sound.raw", "sound", "sound.txt"):
        (tmp_path / name).write_bytes((tmp_path / "sound.wav").read_bytes())
        np.testing.assert_array_equal(read_audio(tmp_path / name, RATE), to_float32(SOUND))


def wav_bytes(samples: np.ndarray, rate: int = RATE, coding: str = "PCM_16") -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, samples, rate, format="WAV", subtype=coding)
    return buffer.getvalue()


ODD_FILES = {
    "empty": (b"", "empty file"),
    "text": (b"Hello, I am a text. " * 50, "not audio"),
    "cut inside its header": (wav_bytes(SOUND)[:30], "not audio"),
    "cut inside its samples": (wav_bytes(SOUND)[:-1_000], "is cut short"),
    "without samples": (wav_bytes(SOUND[:0]), "no samples"),
    "with NaN": (wav_bytes(np.array([0, np.nan, 0], np.float32), coding="FLOAT"), "not finite"),
    "with infinity": (
        wav_bytes(np.array([0, np.inf, 0], np.float32), coding="FLOAT"),
        "not finite",
    ),
    "of one sample at a higher rate": (wav_bytes(SOUND[:1], 48_000), "too short"),
    "of one sample per second": (wav_bytes(SOUND, 1), "sample rate"),
}


@pytest.mark.parametrize("what", ODD_FILES)
def test_an_odd_file_is_refused_by_name(tmp_path: Path, what: str) -> None:
    contents, reason = ODD_FILES[what]
    path = tmp_path / "odd.wav"
    path.write_bytes(contents)
    with pytest.raises(AudioError, match=reason) as caught:
        read_audio(path, RATE)
    assert caught.value.field == str(path)
    assert str(path) in str(caught.value)
    with pytest.raises(AudioError, match=reason) as caught:
        read_audio_bytes(contents, RATE, name="upload")
    assert caught.value.field == "upload"


def test_missing_files_and_folders_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"nothing\.wav: no such file"):
        read_audio(tmp_path / "nothing.wav", RATE)
    with pytest.raises(AudioError, match="is a folder"):
        read_audio(tmp_path, RATE)


def test_what_cannot_be_written_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match=r"\.xyz"):
        write_audio(tmp_path / "sound.xyz", SOUND, RATE)
    with pytest.raises(AudioError, match="without an extension"):
        write_audio(tmp_path / "sound", SOUND, RATE)
    with pytest.raises(AudioError, match="22050 Hz"):
        write_audio(tmp_path / "sound.opus", SOUND, 22_050)
    with pytest.raises(InputError, match="cannot be written"):
        write_audio(tmp_path / "no such folder" / "sound.wav", SOUND, RATE)
    (tmp_path / "folder.wav").mkdir()
    with pytest.raises(InputError, match="is a folder"):
        write_audio(tmp_path / "folder.wav", SOUND, RATE)
    assert [entry.name for entry in tmp_path.iterdir()] == ["folder.wav"]


def test_the_format_asked_for_goes_before_the_extension(tmp_path: Path) -> None:
    write_audio(tmp_path / "sound.dat", SOUND, RATE, format_name="flac")
    assert (tmp_path / "sound.dat").read_bytes()[:4] == b"fLaC"
    assert (tmp_path / "sound.dat").read_bytes() == encode_audio(SOUND, RATE, "flac")
    assert format_of("A.WAV") == "wav"
    with pytest.raises(InputError, match="unknown format 'xyz'") as caught:
        check_format("xyz")
    assert caught.value.field == "format"


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path: Path) -> None:
    (tmp_path / "real.wav").write_bytes(b"before")
    (tmp_path / "link.wav").symlink_to("real.wav")
    write_audio(tmp_path / "link.wav", SOUND, RATE)
    assert (tmp_path / "link.wav").is_symlink()
    np.testing.assert_array_equal(read_audio(tmp_path / "real.wav", RATE), to_float32(SOUND))
    (tmp_path / "null").symlink_to("/dev/null")
    write_audio(tmp_path / "null", SOUND, RATE, format_name="wav")
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("interruption", [ValueError, KeyboardInterrupt, SystemExit])
def test_whoever_is_interrupted_leaves_what_was_there(
    tmp_path: Path, interruption: type[BaseException]
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")

    def write_half() -> None:
        with whole_file(path) as file:
            file.write(b"half of wh")
            file.flush()
            assert path.read_bytes() == b"before"
            raise interruption

    with pytest.raises(interruption):
        write_half()
    assert path.read_bytes() == b"before"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.bin"]


def test_a_whole_file_is_as_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "ordinary").write_bytes(b"")
    with whole_file(tmp_path / "whole") as file:
        file.write(b"all of it")
    assert (tmp_path / "whole").read_bytes() == b"all of it"
    assert (tmp_path / "whole").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


def test_a_link_can_be_replaced_itself(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"old")
    for target in ("elsewhere", "nowhere", "."):
        (tmp_path / "link").unlink(missing_ok=True)
        (tmp_path / "link").symlink_to(tmp_path / target)
        with whole_file(tmp_path / "link", follow_links=False) as file:
            file.write(b"new")
        assert not (tmp_path / "link").is_symlink()
        assert (tmp_path / "link").read_bytes() == b"new"
    assert (tmp_path / "elsewhere").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["elsewhere", "link"]


def test_where_no_link_is_followed_a_pipe_and_a_folder_are_left_alone(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, message in (
        (tmp_path / "pipe", "neither a file nor a link"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(InputError, match=message), whole_file(path, follow_links=False):
            raise AssertionError("nothing may be written here")


def test_a_seek_to_before_the_beginning_moves_nothing() -> None:
    """libsndfile's, in a damaged file; an exception in its callback would be lost, and printed."""
    contents = _Contents(b"abcdef")
    assert contents.seek(3) == 3
    assert contents.seek(-1) == 3
    assert contents.seek(-2, io.SEEK_CUR) == 1


@pytest.mark.parametrize("form", ["WAV", "FLAC"])
def test_a_recording_may_be_as_long_as_is_said_and_no_longer(form: str) -> None:
    file = io.BytesIO()
    soundfile.write(file, np.zeros((8_000, 2)), 8_000, format=form)
    assert len(read_audio_bytes(file.getvalue(), 8_000, name="it", most_seconds=1.0)) == 8_000
    with pytest.raises(AudioError, match=r"it: is longer than 0\.999 seconds"):
        read_audio_bytes(file.getvalue(), 8_000, name="it", most_seconds=0.999)


@pytest.mark.parametrize("size", [0x7FFF_FFFF, 0xFFFF_FFFF])
def test_a_streamed_wav_does_not_know_its_length(size: int) -> None:
    data = bytearray(wav_bytes(SOUND))
    data[40:44] = size.to_bytes(4, "little")
    assert len(read_audio_bytes(bytes(data), RATE, name="streamed")) == len(SOUND)
