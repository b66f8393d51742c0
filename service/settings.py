"""What whoever runs the service decides. Each number is configured here, once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from vocoder.errors import ConfigError

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9A-Fa-f:]+\](:\d{1,5})?")

_ENDPOINT = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Settings of a running service.

    Attributes:
        voices: names or folders of the voices to load; the first speaks where a request names none.
            Empty: the default voice.
        engine: "auto", "native", "reference" or "cuda".
        precision: "auto", "fp32", "bf16" or "int8".
        threads: at least 1, that streams which share a call are shared out to.
        standby: whether a second worker waits, loaded, to take over at once from one that died. It
            costs the memory of a worker.
        capacity: how many streams can be made in real time, above 0; None: measured at the start
            and kept up to date.
        headroom: 0..1 of the capacity is not given to streams: it is for what is not foreseen.
        max_streams: at least 1, how many streams may be open at once, those included whose sound
            waits for a slow reader.
        queue_limit: at least 0, how many requests may wait for room. Only those wait that say how
            long they would.
        question_limit: at least 1, how many requests without sound (times, phonemes, scores) may be
            worked at or wait for it.
        address_streams: at least 1, how many streams one address may have open; None for no limit
            of its own.
        address_requests_per_minute: at least 1, likewise.
        key_streams: at least 1, how many streams one API key may have open; None for no limit of
            its own.
        key_requests_per_minute: at least 1, likewise.
        key_file: with the API keys that requests must show (`service.keys`); None: none is asked
            for.
        guard_metrics: whether `/metrics` asks for a key as well.
        allow_origins: whose pages may read answers (CORS), each as "https://host" or
            "https://host:port", or "*" for all; none: no answer allows any.
        log_text: whether what is asked to be spoken or read is written into the log, a line of its
            own with the request's id.
        otlp_endpoint: base URL of the collector that traces are sent to (OTLP over HTTP); None:
            what OpenTelemetry's environment variables say, or nowhere.
        lexicons: the folder in which lexicons of voices are stored
            (`service.frontend.lexicon_store`); None: nowhere, so none can be edited.
        lexicon_limit: bytes of a body that holds a lexicon, at least 1.
        jobs: the folder in which jobs are kept (`service.jobs`); None: nowhere, so none are taken
            on.
        job_limit: at least 1, how many of them may be unfinished.
        job_streams: at least 1, lines of jobs that are made at once.
        job_body_limit: bytes of a body that holds a job, at least 1.
        webhooks_to_private: whether an address that is told of a job's end may be one of this
            network.
        text_limit: characters of one request, at least 1; None leaves it to the voice.
        planned_characters: at least 1, of a text that is planned before its first sound. A longer
            one is spoken as it is planned, but as WAV, whose header says how long it is.
        recording_limit: bytes of a body that holds a recording, at least 1.
        recording_seconds: above 0, how long a recording may be.
        body_limit: bytes of a request's body, at least 1.
        first_chunk_seconds: of sound in a stream's first turns, short so that it is heard soon;
            until one chunk of the other size is made.
        chunk_seconds: of sound in every other turn, at most; None: 0.1, and 0.32 on a card.
        turn_seconds: above 0, about how long one call of the engine may take: so much work is
            wasted at most when a client leaves, and so long a new stream waits at most for a turn.
            Where many share a card a turn takes longer (`service.worker.scheduler`).
        first_sound_seconds: at least 0, when the first sound of a stream is due after it was
            admitted.
        strained_seconds: above 0, a stream that is later than this, for a listener without any
            buffer, keeps new ones from beginning.
        whole_seconds: at least 0, the same for an answer that is sent when all of it is there:
            nobody listens to it yet.
        buffer_seconds: of sound that may wait for a reader before its generation pauses; at least
            one chunk.
        streams_per_turn: at least 1, how many streams share one call of the engine; None: 8, and
            1,024 on a card.
        snapshot_seconds: above 0, of a stream's sound between two of the snapshots from which it
            goes on should the worker die.
        resume_seconds: above 0, how long an answer can be picked up again after it was last asked
            for.
        resume_streams: at least 1, how many of them; the oldest give way. Each keeps some hundred
            kilobytes.
        stall_seconds: above 0, how long a client may take no byte at all before it counts as gone.
        start_seconds: above 0, how long a worker may take to load its voices, and then to measure
            how fast it is.
        silence_seconds: above 1, after which a worker that has said nothing is taken for hung, and
            replaced.
        shutdown_seconds: at least 0, how long open streams may go on after the signal to stop.
    """

    voices: tuple[str, ...] = ()
    engine: str = "auto"
    precision: str = "auto"
    threads: int = 1
    standby: bool = True
    capacity: float | None = None
    headroom: float = 0.2
    max_streams: int = 256
    queue_limit: int = 32
    question_limit: int = 32
    address_streams: int | None = None
    address_requests_per_minute: int | None = None
    key_streams: int | None = None
    key_requests_per_minute: int | None = None
    key_file: Path | None = None
    guard_metrics: bool = False
    allow_origins: tuple[str, ...] = ()
    log_text: bool = False
    otlp_endpoint: str | None = None
    lexicons: Path | None = None
    lexicon_limit: int = 16 * 2**20
    jobs: Path | None = None
    job_limit: int = 100
    job_streams: int = 8
    job_body_limit: int = 16 * 2**20
    webhooks_to_private: bool = False
    text_limit: int | None = None
    planned_characters: int = 10_000
    recording_limit: int = 16 * 2**20
    recording_seconds: float = 60.0
    body_limit: int = 2**20
    first_chunk_seconds: float = 0.04
    chunk_seconds: float | None = None
    turn_seconds: float = 0.05
    first_sound_seconds: float = 0.1
    strained_seconds: float = 0.08
    whole_seconds: float = 2.0
    buffer_seconds: float = 2.0
    streams_per_turn: int | None = None
    snapshot_seconds: float = 1.0
    resume_seconds: float = 600.0
    resume_streams: int = 64
    stall_seconds: float = 60.0
    start_seconds: float = 120.0
    silence_seconds: float = 30.0
    shutdown_seconds: float = 5.0

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU is asked for."""
        return self.engine.startswith("cuda")

    @property
    def batch_size(self) -> int:
        """How many streams share one call of the engine, at most: no more than there may be, for a
        worker prepares for so many, of each voice.
        """
        most = self.streams_per_turn or (1024 if self.on_gpu else 8)
        return min(most, self.max_streams + self.job_streams)

    @property
    def chunk(self) -> float:
        """Seconds of sound in a turn, at most. Where many share a card theirs are long: a chunk
        costs the host the same whatever its length.
        """
        if self.chunk_seconds is not None:
            return self.chunk_seconds
        return 0.32 if self.on_gpu else 0.1

    def __post_init__(self) -> None:
        for origin in self.allow_origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ConfigError(
                    f"allow_origins must hold origins such as https://example.com, without a "
                    f"path, or *; not {origin!r}"
                )
        if self.otlp_endpoint is not None and not _ENDPOINT.fullmatch(self.otlp_endpoint):
            raise ConfigError(
                f"otlp_endpoint must be a URL such as http://collector:4318, not "
                f"{self.otlp_endpoint!r}"
            )
        if self.guard_metrics and self.key_file is None:
            raise ConfigError(
                "guard_metrics needs a key_file: without one there is no key to ask for"
            )
        counts: dict[str, int | None] = {
            "threads": self.threads,
            "max_streams": self.max_streams,
            "address_streams": self.address_streams,
            "address_requests_per_minute": self.address_requests_per_minute,
            "key_streams": self.key_streams,
            "key_requests_per_minute": self.key_requests_per_minute,
            "question_limit": self.question_limit,
            "text_limit": self.text_limit,
            "planned_characters": self.planned_characters,
            "resume_streams": self.resume_streams,
            "body_limit": self.body_limit,
            "recording_limit": self.recording_limit,
            "lexicon_limit": self.lexicon_limit,
            "job_limit": self.job_limit,
            "job_streams": self.job_streams,
            "job_body_limit": self.job_body_limit,
            "streams_per_turn": self.streams_per_turn,
        }
        for name, count in counts.items():
            if count is not None and count < 1:
                raise ConfigError(f"{name} must be at least 1, not {count}")
        times = {
            "turn_seconds": self.turn_seconds,
            "strained_seconds": self.strained_seconds,
            "snapshot_seconds": self.snapshot_seconds,
            "stall_seconds": self.stall_seconds,
            "recording_seconds": self.recording_seconds,
            "resume_seconds": self.resume_seconds,
            "start_seconds": self.start_seconds,
        }
        for name, seconds in times.items():
            if not seconds > 0:
                raise ConfigError(f"{name} must be above 0, not {seconds}")
        for name, least in {"queue_limit": self.queue_limit, "shutdown_seconds": self.shutdown_seconds, "first_sound_seconds": self.first_sound_seconds,
                            "whole_seconds": self.whole_seconds}.items():  # fmt: skip
            if not least >= 0:
                raise ConfigError(f"{name} must not be negative, it is {least}")
        if not 0 < self.first_chunk_seconds <= self.chunk <= self.buffer_seconds:
            raise ConfigError(
                "0 < first_chunk_seconds <= chunk_seconds <= buffer_seconds must hold"
            )
        if not 0 <= self.headroom < 1:
            raise ConfigError(f"headroom must lie in 0..1, not {self.headroom}")
        if self.capacity is not None and not self.capacity > 0:
            raise ConfigError(f"capacity must be above 0, not {self.capacity}")
        if not self.silence_seconds > 1:
            raise ConfigError(f"silence_seconds must be above 1, not {self.silence_seconds}")
