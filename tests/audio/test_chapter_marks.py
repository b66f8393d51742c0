"""Chapters in files: told as they are, and the sound is what it was."""

from __future__ import annotations

import errno
import io
import struct

import av
import numpy as np
import pytest
import soundfile

from vocoder.audio import chapter_marks as module
from vocoder.audio.chapter_marks import Chapter, embed_chapters
from vocoder.audio.file_writing import encode_audio
from vocoder.audio.formats import CHAPTER_FORMATS
from vocoder.errors import InputError

RATE = 24_000
SAMPLES = (
    np.sin(np.arange(RATE * 30 + 137) / 9) * 9_000
    + np.random.default_rng(1).normal(size=RATE * 30 + 137) * 300
).astype(np.int16)
CHAPTERS = [
    Chapter(title="One = 1; Ünïcödé", start_sample=0, end_sample=12_345),
    Chapter(title="漢字 😀", start_sample=12_345, end_sample=RATE * 20 + 11),  # 514.375 ms
    # 20,000.5 ms: the next one
    Chapter(title="Three", start_sample=RATE * 20 + 12, end_sample=len(SAMPLES)),
]
STARTS = [0, 514, 20_001]


def embedded(format_name: str, chapters: list[Chapter] = CHAPTERS, **options: int) -> bytes:
    file = io.BytesIO()
    embed_chapters(
        io.BytesIO(encode_audio(SAMPLES, RATE, format_name)),
        file,
        chapters,
        format_name=format_name,
        sample_rate=RATE,
        **options,
    )
    return file.getvalue()


def decoded(data: bytes) -> np.ndarray:
    with av.open(io.BytesIO(data)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


@pytest.mark.parametrize("format_name", CHAPTER_FORMATS)
def test_a_reader_finds_the_chapters(format_name: str) -> None:
    with av.open(io.BytesIO(embedded(format_name))) as container:
        found = container.chapters()
    assert [chapter["metadata"]["title"] for chapter in found] == [
        chapter.title for chapter in CHAPTERS
    ]
    assert [round(chapter["start"] * chapter["time_base"] * 1_000) for chapter in found] == STARTS


@pytest.mark.parametrize("format_name", CHAPTER_FORMATS)
def test_the_sound_is_what_it_was(format_name: str) -> None:
    before, after = encode_audio(SAMPLES, RATE, format_name), embedded(format_name)
    one, other = (soundfile.read(io.BytesIO(data), dtype="int16") for data in (before, after))
    assert one[1] == other[1] == RATE
    assert len(one[0]) == len(SAMPLES)
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(decoded(before), decoded(after))


@pytest.mark.parametrize("format_name", CHAPTER_FORMATS)
def test_the_same_chapters_are_the_same_bytes(format_name: str) -> None:
    assert embedded(format_name) == embedded(format_name)
    assert embedded(format_name) != embedded(format_name, CHAPTERS[:2])


@pytest.mark.parametrize("format_name", ["ogg", "opus"])
def test_an_ogg_stream_has_the_serial_number_that_was_chosen(format_name: str) -> None:
    data = embedded(format_name, serial=0xFEDC_BA98)
    assert data.startswith(b"OggS")
    assert struct.unpack_from("<I", data, 14) == (0x7EDC_BA98,)


def test_the_frames_of_an_mp3() -> None:
    """After https://id3.org/id3v2-chapters-1.0, read by hand."""
    data = embedded("mp3")
    assert data[:5] == b"ID3\3\0"
    size = sum(
        (byte & 127) << shift for byte, shift in zip(data[6:10], (21, 14, 7, 0), strict=True)
    )
    frames, at = [], 10
    while at < 10 + size and data[at]:
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        frames.append((name, data[at + 10 : at + 10 + length]))
        at += 10 + length
    assert [name for name, _ in frames] == [b"CTOC", b"CHAP", b"CHAP", b"CHAP"]
    assert frames[0][1] == b"toc\0\3\3ch0\0ch1\0ch2\0"  # top level, ordered
    ends = [514, 20_000, round(len(SAMPLES) / RATE * 1_000)]
    for number, (frame, chapter) in enumerate(zip(frames[1:], CHAPTERS, strict=True)):
        identity, _, rest = frame[1].partition(b"\0")
        assert identity == b"ch%d" % number
        assert struct.unpack_from(">4I", rest) == (
            STARTS[number],
            ends[number],
            0xFFFF_FFFF,
            0xFFFF_FFFF,
        )
        assert rest[16:20] == b"TIT2"
        encoding, text = rest[26], rest[27:]
        assert text.decode(("latin-1", "utf-16")[encoding]).rstrip("\0") == chapter.title


@pytest.mark.parametrize("format_name", CHAPTER_FORMATS)
def test_as_many_as_the_format_can_tell_of(format_name: str) -> None:
    most = 255 if format_name == "mp3" else 999
    many = [
        Chapter(title=f"Chapter {number}", start_sample=700 * number, end_sample=700 * number + 700)
        for number in range(most + 1)
    ]
    with av.open(io.BytesIO(embedded(format_name, many[:-1]))) as container:
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == [
            chapter.title for chapter in many[:-1]
        ]
    with pytest.raises(
        InputError, match=f"there are {most + 1} chapters, and {format_name} can tell of {most}"
    ) as caught:
        embedded(format_name, many)
    assert caught.value.field == "chapters"


@pytest.mark.parametrize("format_name", ["wav", "pcm", "aiff"])
def test_a_format_without_a_place_for_them(format_name: str) -> None:
    with pytest.raises(
        InputError,
        match=(
            f"{format_name} has no place for chapters \\(those that have: flac, ogg, opus, mp3\\)"
        ),
    ) as caught:
        embedded(format_name)
    assert caught.value.field == "format"


def test_a_machine_that_cannot_write_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="needs PyAV") as caught:
        embedded("mp3")
    assert caught.value.field == "chapters"


class Disk(io.BytesIO):
    """Has room for so many bytes, or for so many writes."""

    def __init__(self, room: int) -> None:
        super().__init__()
        self.room = room

    def write(self, data: object) -> int:
        if self.tell() + len(bytes(data)) > self.room:  # type: ignore[call-overload]
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(data)  # type: ignore[arg-type]


@pytest.mark.parametrize("format_name", CHAPTER_FORMATS)
@pytest.mark.parametrize("part", [0.0, 0.5, 0.999])
def test_a_full_disk_is_told_as_such(format_name: str, part: float) -> None:
    room = int(len(embedded(format_name)) * part)
    with pytest.raises(OSError, match="No space left on device") as caught:
        embed_chapters(
            io.BytesIO(encode_audio(SAMPLES, RATE, format_name)),
            Disk(room),
            CHAPTERS,
            format_name=format_name,
            sample_rate=RATE,
        )
    assert caught.value.errno == errno.ENOSPC
