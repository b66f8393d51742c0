"""Law 8, the header: what it says is what follows, and strict readers take it."""

from __future__ import annotations

import io
import struct
import wave

import numpy as np
import pytest
import soundfile

from vocoder.audio.pcm import to_bytes
from vocoder.audio.wav import HEADER_BYTES, MAX_SAMPLES, wav_header
from vocoder.errors import InputError

SAMPLES = np.random.default_rng(0).integers(-32_768, 32_767, 1_234).astype(np.int16)


@pytest.mark.parametrize("num_samples", [0, 1, 1_234])
def test_sizes_are_exact_when_the_length_is_known(num_samples: int) -> None:
    header = wav_header(16_000, num_samples)
    contents = header + to_bytes(SAMPLES[:num_samples])
    assert len(header) == HEADER_BYTES
    assert struct.unpack("<I", contents[4:8])[0] == len(contents) - 8
    assert struct.unpack("<I", contents[40:44])[0] == len(contents) - 44
    with wave.open(io.BytesIO(contents)) as reader:
        assert reader.getparams()[:4] == (1, 2, 16_000, num_samples)
        assert reader.readframes(num_samples) == to_bytes(SAMPLES[:num_samples])


def test_the_header_is_the_one_that_python_writes() -> None:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as writer:
        writer.setparams((1, 2, 22_050, 0, "NONE", ""))
        writer.writeframes(to_bytes(SAMPLES))
    assert buffer.getvalue() == wav_header(22_050, len(SAMPLES)) + to_bytes(SAMPLES)


def test_an_unknown_length_reads_until_the_stream_ends() -> None:
    contents = wav_header(16_000, None) + to_bytes(SAMPLES)
    with wave.open(io.BytesIO(contents)) as reader:
        assert reader.readframes(reader.getnframes()) == to_bytes(SAMPLES)
    samples, rate = soundfile.read(io.BytesIO(contents), dtype="int16")
    assert rate == 16_000
    np.testing.assert_array_equal(samples, SAMPLES)


def test_sounds_beyond_four_gibibytes_are_refused() -> None:
    assert struct.unpack("<I", wav_header(16_000, MAX_SAMPLES)[4:8])[0] >= 0xFFFF_FFFE
    with pytest.raises(InputError, match="4 GiB") as caught:
        wav_header(16_000, MAX_SAMPLES + 1)
    assert caught.value.field == "format"
