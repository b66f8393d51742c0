"""Samples into files, whole or not at all. WAV and raw PCM are written here, every other format by libsndfile."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import soundfile

from vocoder.audio.pcm import Int16Array, to_bytes
from vocoder.audio.wav import wav_header
from vocoder.audio.whole_file import whole_file
from vocoder.errors import AudioError

# Extension to libsndfile's names of container and coding.
_SNDFILE_FORMATS = {
    ".flac": ("FLAC", "PCM_16"),
    ".ogg": ("OGG", "VORBIS"),
    ".opus": ("OGG", "OPUS"),
    ".mp3": ("MP3", "MPEG_LAYER_III"),
    ".aiff": ("AIFF", "PCM_16"),
}
_OWN_FORMATS = (".wav", ".pcm", ".raw")
EXTENSIONS = (*_OWN_FORMATS, *_SNDFILE_FORMATS)
# libsndfile's Vorbis encoder keeps what one call hands it on its stack, and crashes on long sounds handed over at once.
_BLOCK = 16_384


def check_extension(path: Path | str) -> str:
    """The extension that `write_audio` goes by, in lower case with its dot.

    Raises:
        AudioError: no format has this extension; `field` is the path.
    """
    extension = Path(path).suffix.lower()
    if extension not in EXTENSIONS:
        what = f"the extension {extension!r} names no" if extension else "without an extension there is no"
        raise AudioError(f"{path}: {what} format to write; known are {', '.join(EXTENSIONS)}", field=str(path))
    return extension


def write_audio(path: Path | str, samples: Int16Array, sample_rate: int) -> None:
    """Writes a mono recording; the extension names the format (`EXTENSIONS`), and a file that exists is replaced in one step.

    Args:
        path: where to.
        samples: int16 [T].
        sample_rate: Hz.

    Raises:
        AudioError: unknown extension, or a rate that the format does not have (Opus has 8, 12, 16, 24 and 48 kHz).
        InputError: the file cannot be written there, or is too long for a WAV.
    """
    extension = check_extension(path)
    with whole_file(path) as file:
        if extension in _OWN_FORMATS:
            if extension == ".wav":
                file.write(wav_header(sample_rate, len(samples)))
            file.write(to_bytes(samples))
        else:
            _write_with_sndfile(path, file, samples, sample_rate, extension)


def _write_with_sndfile(path: Path | str, file: BinaryIO, samples: Int16Array, sample_rate: int, extension: str) -> None:
    container, coding = _SNDFILE_FORMATS[extension]
    try:
        with soundfile.SoundFile(file, "w", sample_rate, 1, subtype=coding, format=container) as sound:
            for start in range(0, len(samples), _BLOCK):
                sound.write(samples[start : start + _BLOCK])
    except soundfile.LibsndfileError as error:
        raise AudioError(f"{path}: cannot be written as {extension} at {sample_rate} Hz ({error.error_string})", field=str(path)) from error
