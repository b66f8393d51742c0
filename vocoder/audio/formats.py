"""Every format of sound that is written or sent. A new one is an entry of `FORMATS`: commands,
routes, the page and error messages take theirs from there.
"""

from __future__ import annotations

from dataclasses import dataclass

from vocoder.errors import InputError

Options = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class FileFormat:
    """A format of the commands' files, each with its name for an extension.

    Attributes:
        sndfile: libsndfile's names of container and coding; None: the samples as they are, after a
            header where the format is WAV.
        chapters: FFmpeg's name of the container, and how many chapters it can tell of (a byte
            counts them, or three digits); None: it has no place for any.
    """

    sndfile: tuple[str, str] | None = None
    chapters: tuple[str, int] | None = None


@dataclass(frozen=True, kw_only=True)
class FfmpegCoding:
    """FFmpeg's names of container and codec, and the options of each."""

    container: str
    codec: str
    codec_options: Options = ()
    container_options: Options = ()


@dataclass(frozen=True, kw_only=True)
class HttpFormat:
    """A format of the service's answers.

    Attributes:
        media_type: for Content-Type.
        extension: of files that hold such an answer.
        note: what is said of it beside its name; may be empty.
        rates: Hz, that it has, ascending; empty for any.
        head_bytes: before the first sample, where samples have places.
        bytes_per_sample: None where samples have no places of their own.
        tells_length: whether its beginning says how long the sound is.
        openai: whether OpenAI's route has it.
        coding: None where samples have places.
    """

    media_type: str
    extension: str
    note: str = ""
    rates: tuple[int, ...] = ()
    head_bytes: int = 0
    bytes_per_sample: int | None = None
    tells_length: bool = False
    openai: bool = True
    coding: FfmpegCoding | None = None

    def rate_for(self, sample_rate: int) -> int:
        """The lowest rate that the format has and that loses nothing of the source; its highest
        where there is none.
        """
        return (
            next((rate for rate in self.rates if rate >= sample_rate), self.rates[-1])
            if self.rates
            else sample_rate
        )


_MPEG_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
FORMATS: dict[str, tuple[FileFormat | None, HttpFormat | None]] = {
    "wav": (
        FileFormat(),
        HttpFormat(
            media_type="audio/wav",
            extension="wav",
            head_bytes=44,
            bytes_per_sample=2,
            tells_length=True,
        ),
    ),
    "pcm": (
        FileFormat(),
        HttpFormat(
            media_type="audio/pcm",
            extension="pcm",
            note="the bare samples: 16 bits, little-endian, one channel",
            bytes_per_sample=2,
        ),
    ),
    "mulaw": (
        None,
        HttpFormat(
            media_type="audio/basic",
            extension="ul",
            note="for telephones: G.711, 8 kHz",
            rates=(8_000,),
            bytes_per_sample=1,
            openai=False,
        ),
    ),
    "flac": (
        FileFormat(sndfile=("FLAC", "PCM_16"), chapters=("flac", 999)),
        HttpFormat(
            media_type="audio/flac",
            extension="flac",
            tells_length=True,
            coding=FfmpegCoding(
                container="flac", codec="flac", codec_options=(("frame_size", "1024"),)
            ),
        ),
    ),
    "ogg": (FileFormat(sndfile=("OGG", "VORBIS"), chapters=("ogg", 999)), None),
    "opus": (
        FileFormat(sndfile=("OGG", "OPUS"), chapters=("ogg", 999)),
        HttpFormat(
            media_type="audio/ogg",
            extension="ogg",
            note="in Ogg",
            rates=(8_000, 12_000, 16_000, 24_000, 48_000),
            coding=FfmpegCoding(
                container="ogg",
                codec="libopus",
                codec_options=(("b", "32000"),),
                container_options=(("page_duration", "20000"),),
            ),
        ),
    ),
    "mp3": (
        FileFormat(sndfile=("MP3", "MPEG_LAYER_III"), chapters=("mp3", 255)),
        HttpFormat(
            media_type="audio/mpeg",
            extension="mp3",
            rates=_MPEG_RATES,
            coding=FfmpegCoding(
                container="mp3",
                codec="libmp3lame",
                codec_options=(("b", "64000"),),
                # neither a table of contents, written at the end, nor a title
                container_options=(
                    ("write_xing", "0"),
                    ("id3v2_version", "0"),
                ),
            ),
        ),
    ),
    "aac": (
        None,
        HttpFormat(
            media_type="audio/aac",
            extension="aac",
            note="in ADTS",
            rates=_MPEG_RATES,
            coding=FfmpegCoding(container="adts", codec="aac", codec_options=(("b", "64000"),)),
        ),
    ),
    "aiff": (FileFormat(sndfile=("AIFF", "PCM_16")), None),
}
FILE_FORMATS = {name: file for name, (file, _) in FORMATS.items() if file is not None}
HTTP_FORMATS = {name: sent for name, (_, sent) in FORMATS.items() if sent is not None}
CHAPTER_FORMATS = {
    name: file.chapters for name, file in FILE_FORMATS.items() if file.chapters is not None
}


def check_format(name: str) -> str:
    """The name of a format of files, if there is one of this name.

    Raises:
        InputError: there is none; `field` is "format".
    """
    if name not in FILE_FORMATS:
        raise InputError(
            f"unknown format {name!r} (known: {', '.join(FILE_FORMATS)})", field="format"
        )
    return name
