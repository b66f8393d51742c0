"""The 44 bytes that begin a WAV file of 16-bit mono PCM (Microsoft/IBM RIFF, "Multimedia
Programming Interface", 1991).

Written by hand because a stream's header leaves before its samples exist, and no library writes one
without a file to go back into.
"""

from __future__ import annotations

import struct

from vocoder.audio.pcm import BYTES_PER_SAMPLE
from vocoder.errors import InputError

HEADER_BYTES = 44
_PCM = 1  # format tag
_CHANNELS = 1
_LARGEST = 0xFFFF_FFFF  # of a 32-bit size; as a size it also means "until the stream ends"
_AFTER_RIFF_SIZE = HEADER_BYTES - 8  # header bytes that the RIFF chunk's size counts
MAX_SAMPLES = (_LARGEST - _AFTER_RIFF_SIZE) // BYTES_PER_SAMPLE


def wav_header(sample_rate: int, num_samples: int | None) -> bytes:
    """The header of a stream of int16 mono samples.

    Args:
        sample_rate: Hz.
        num_samples: how many samples follow, or None when nobody knows: then both sizes are the
            largest there are, which readers (ffmpeg, libsndfile, browsers, Python's `wave`) take to
            mean that data goes on until the stream ends.

    Returns:
        44 bytes.

    Raises:
        InputError: more samples than a WAV file can hold (4 GiB, about 37 hours at 16 kHz).
    """
    if num_samples is None:
        riff_size = data_size = _LARGEST
    elif num_samples > MAX_SAMPLES:
        raise InputError(
            (
                f"a WAV file holds at most {MAX_SAMPLES} samples (4 GiB) and this sound has "
                f"{num_samples}: ask for raw PCM, or split the text"
            ),
            field="format",
        )
    else:
        data_size = num_samples * BYTES_PER_SAMPLE
        riff_size = _AFTER_RIFF_SIZE + data_size
    block = _CHANNELS * BYTES_PER_SAMPLE
    fmt = struct.pack(
        "<HHIIHH", _PCM, _CHANNELS, sample_rate, sample_rate * block, block, 8 * BYTES_PER_SAMPLE
    )
    return (
        b"RIFF"
        + struct.pack("<I", riff_size)
        + b"WAVEfmt "
        + struct.pack("<I", len(fmt))
        + fmt
        + b"data"
        + struct.pack("<I", data_size)
    )
