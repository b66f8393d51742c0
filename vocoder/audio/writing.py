"""Samples into files, whole or not at all. WAV and raw PCM are written here, every other format by libsndfile."""

from __future__ import annotations

import io
from pathlib import Path

import soundfile

from vocoder.audio.pcm import Int16Array, to_bytes
from vocoder.audio.wav import wav_header
from vocoder.audio.whole_file import whole_file
from vocoder.errors import AudioError, InputError

# Formats by name, with libsndfile's names of container and coding where it writes them.
_SNDFILE_FORMATS = {
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "aiff": ("AIFF", "PCM_16"),
}
FORMATS = ("wav", "pcm", *_SNDFILE_FORMATS)
# libsndfile's Vorbis encoder keeps what one call hands it on its stack, and crashes on long sounds handed over at once.
_BLOCK = 16_384


def check_format(name: str) -> str:
    """The name of a format, if there is one of this name.

    Raises:
        InputError: there is none; `field` is "format".
    """
    if name not in FORMATS:
        raise InputError(f"unknown format {name!r} (known: {', '.join(FORMATS)})", field="format")
    return name


def format_of(path: Path | str) -> str:
    """The format that a path's extension names, upper or lower case.

    Raises:
        AudioError: it names none; `field` is the path.
    """
    extension = Path(path).suffix.lower()
    if extension[1:] not in FORMATS:
        what = f"the extension {extension!r} names no" if extension else "without an extension there is no"
        raise AudioError(f"{path}: {what} format to write; known are {', '.join(FORMATS)}", field=str(path))
    return extension[1:]


def encode_audio(samples: Int16Array, sample_rate: int, format_name: str, *, name: str = "output") -> bytes:
    """A mono recording as the bytes of a file.

    Args:
        samples: int16 [T].
        sample_rate: Hz.
        format_name: one of `FORMATS`; "pcm" is the samples alone, little-endian.
        name: what errors call it.

    Raises:
        AudioError: a rate that the format does not have (Opus has 8, 12, 16, 24 and 48 kHz); `field` is the name.
        InputError: too long for a WAV.
    """
    if format_name == "pcm":
        return to_bytes(samples)
    if format_name == "wav":
        return wav_header(sample_rate, len(samples)) + to_bytes(samples)
    container, coding = _SNDFILE_FORMATS[check_format(format_name)]
    buffer = io.BytesIO()
    try:
        with soundfile.SoundFile(buffer, "w", sample_rate, 1, subtype=coding, format=container) as sound:
            for start in range(0, len(samples), _BLOCK):
                sound.write(samples[start : start + _BLOCK])
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{name}: cannot be written as {format_name} at {sample_rate} Hz ({error.error_string})", field=name) from error
    return buffer.getvalue()


def write_audio(path: Path | str, samples: Int16Array, sample_rate: int, *, format_name: str | None = None) -> None:
    """Writes a mono recording; a file that exists is replaced in one step.

    Args:
        path: where to.
        samples: int16 [T].
        sample_rate: Hz.
        format_name: one of `FORMATS`; what the extension names when None.

    Raises:
        AudioError: unknown extension, or a rate that the format does not have.
        InputError: unknown format, the file cannot be written there, or the sound is too long for a WAV.
    """
    contents = encode_audio(samples, sample_rate, format_name or format_of(path), name=str(path))
    with whole_file(path) as file:
        file.write(contents)
