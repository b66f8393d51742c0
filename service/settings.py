"""What whoever runs the service decides. Each number is configured here, once."""

from __future__ import annotations

from dataclasses import dataclass

from vocoder.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Settings of a running service.

    Attributes:
        voices: names or folders of the voices to load; the first speaks where a request names none. Empty: the default voice.
        engine: "auto", "native" or "reference".
        precision: "auto", "fp32", "bf16" or "int8".
        threads: at least 1, that streams which share a call are shared out to.
        max_streams: at least 1, how many streams may live at once; the next is refused.
        text_limit: characters of one request, at least 1; None leaves it to the voice.
        body_limit: bytes of a request's body, at least 1.
        first_chunk_seconds: of sound in a stream's first turns, short so that it is heard soon; until one chunk of the other size is made.
        chunk_seconds: of sound in every other turn; so much work is wasted at most when a client leaves.
        buffer_seconds: of sound that may wait for a reader before its generation pauses; at least one chunk.
        streams_per_turn: at least 1, how many streams share one call of the engine.
        stall_seconds: above 0, how long a client may take no byte at all before it counts as gone.
        shutdown_seconds: at least 0, how long open streams may go on after the signal to stop.
    """

    voices: tuple[str, ...] = ()
    engine: str = "auto"
    precision: str = "auto"
    threads: int = 1
    max_streams: int = 8
    text_limit: int | None = None
    body_limit: int = 262_144
    first_chunk_seconds: float = 0.04
    chunk_seconds: float = 0.1
    buffer_seconds: float = 2.0
    streams_per_turn: int = 4
    stall_seconds: float = 60.0
    shutdown_seconds: float = 5.0

    def __post_init__(self) -> None:
        for name in ("threads", "max_streams", "body_limit", "streams_per_turn"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} must be at least 1, not {getattr(self, name)}")
        if self.text_limit is not None and self.text_limit < 1:
            raise ConfigError(f"text_limit must be at least 1, not {self.text_limit}")
        if not 0 < self.first_chunk_seconds <= self.chunk_seconds <= self.buffer_seconds:
            raise ConfigError("0 < first_chunk_seconds <= chunk_seconds <= buffer_seconds must hold")
        if self.stall_seconds <= 0 or self.shutdown_seconds < 0:
            raise ConfigError("stall_seconds must be above 0 and shutdown_seconds must not be negative")
