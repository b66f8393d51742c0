"""A file that is encoded piece by piece is the file that is encoded at once, and the same sound is
always the same file.
"""

from __future__ import annotations

import io

import numpy as np
import pytest
import soundfile

from vocoder.audio.file_encoder import AudioEncoder
from vocoder.audio.file_writing import encode_audio
from vocoder.audio.formats import FILE_FORMATS
from vocoder.audio.ogg import page_checksum
from vocoder.errors import AudioError, InputError

RATE = 16_000
SAMPLES = (np.sin(np.arange(50_000) / 9) * 9_000).astype(np.int16)


def encode(pieces: list[np.ndarray], format_name: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    with AudioEncoder(
        buffer, RATE, format_name, num_samples=sum(map(len, pieces)), **options
    ) as encoder:
        for piece in pieces:
            encoder.write(piece)
    return buffer.getvalue()


@pytest.mark.parametrize("format_name", FILE_FORMATS)
@pytest.mark.parametrize("size", [1_111, 16_384, 40_000])
def test_pieces_make_the_bytes_of_the_whole(format_name: str, size: int) -> None:
    pieces = [
        SAMPLES[:0],
        *(SAMPLES[start : start + size] for start in range(0, len(SAMPLES), size)),
    ]
    assert encode(pieces, format_name) == encode_audio(SAMPLES, RATE, format_name)


@pytest.mark.parametrize("format_name", ["flac", "ogg", "opus", "mp3", "aiff"])
def test_what_was_encoded_is_the_sound(format_name: str) -> None:
    heard, rate = soundfile.read(io.BytesIO(encode([SAMPLES], format_name)), dtype="int16")
    assert rate == RATE
    middle = slice(10_000, 40_000)
    delays = range(1_500) if format_name == "mp3" else (0,)
    difference = min(
        np.abs(
            heard[middle.start + delay : middle.stop + delay] - SAMPLES[middle].astype(float)
        ).mean()
        for delay in delays
    )
    assert difference < (1 if format_name in ("flac", "aiff") else 600)


@pytest.mark.parametrize("format_name", ["ogg", "opus"])
def test_an_ogg_stream_has_the_serial_number_that_was_chosen(format_name: str) -> None:
    data = encode([SAMPLES], format_name, serial=0x0A0B0C0D)
    pages = [b"OggS" + page for page in data.split(b"OggS")[1:]]
    assert len(pages) > 2
    for page in pages:
        assert page[14:18] == b"\x0d\x0c\x0b\x0a"
        assert page_checksum(page[:22] + bytes(4) + page[26:]) == int.from_bytes(
            page[22:26], "little"
        )
    assert soundfile.info(io.BytesIO(data)).samplerate == RATE


@pytest.mark.parametrize("format_name", FILE_FORMATS)
def test_a_disk_that_is_full_is_an_error_of_the_disk(format_name: str) -> None:
    class Full(io.BytesIO):
        def write(self, data: object) -> int:
            raise OSError(28, "No space left on device")

    with (
        pytest.raises(OSError, match="No space left"),
        AudioEncoder(Full(), RATE, format_name, num_samples=len(SAMPLES)) as encoder,
    ):
        encoder.write(SAMPLES)


def test_a_rate_or_a_format_that_does_not_exist_is_named() -> None:
    with pytest.raises(AudioError, match="line 3: cannot be written as opus at 22050 Hz"):
        AudioEncoder(io.BytesIO(), 22_050, "opus", num_samples=1, name="line 3")
    with pytest.raises(InputError, match="unknown format 'xyz'"):
        AudioEncoder(io.BytesIO(), 22_050, "xyz", num_samples=1)


def test_as_many_samples_come_as_were_announced() -> None:
    with (
        pytest.raises(AssertionError, match="1 samples are missing"),
        AudioEncoder(io.BytesIO(), RATE, "wav", num_samples=2) as encoder,
    ):
        encoder.write(SAMPLES[:1])
    with (
        pytest.raises(AssertionError, match="3 samples come, and 2"),
        AudioEncoder(io.BytesIO(), RATE, "wav", num_samples=2) as encoder,
    ):
        encoder.write(SAMPLES[:3])
