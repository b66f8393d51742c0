"""What an encoder is, and what is known of its output beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

from vocoder.audio.formats import HTTP_FORMATS

if TYPE_CHECKING:
    AudioFormat: TypeAlias = str
    BareFormat: TypeAlias = str
    OpenaiFormat: TypeAlias = str
else:  # what pydantic checks
    AudioFormat = Literal[tuple(HTTP_FORMATS)]
    # of a sample's bytes alone
    BareFormat = Literal[
        tuple(
            name
            for name, form in HTTP_FORMATS.items()
            if form.bytes_per_sample and not form.head_bytes
        )
    ]
    OpenaiFormat = Literal[tuple(name for name, form in HTTP_FORMATS.items() if form.openai)]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What is known of an answer's bytes before there are any.

    Attributes:
        media_type: for Content-Type.
        sample_rate: Hz, of what is sent.
        head_bytes: before the first sample's.
        bytes_per_sample: of what is sent; None where samples have no places of their own.
        num_bytes: of all; None where only the encoder knows, at the end.
        seekable: whether a source sample is exactly one sample of what is sent, so that the answer
            can be begun at any of them.
        inline: whether encoding is no more than moving bytes; else it has no place on the event
            loop.
    """

    media_type: str
    sample_rate: int
    head_bytes: int = 0
    bytes_per_sample: int | None = None
    num_bytes: int | None = None
    seekable: bool = False
    inline: bool = False


class Encoder(Protocol):
    """Bytes of one answer, piece by piece."""

    def head(self) -> bytes:
        """What comes before all sound."""

    def encode(self, pcm: bytes) -> bytes:
        """The next samples, int16 little-endian, to as many bytes as they complete: perhaps
        none.
        """

    def finish(self) -> bytes:
        """What is left once the last sample is there."""
