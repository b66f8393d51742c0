"""What whoever runs the service decides. Each number is configured here, once."""

# ruff: noqa: RUF009  # `_setting` makes fields, not values

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from vocoder.errors import ConfigError

_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9A-Fa-f:]+\](:\d{1,5})?")

_ROOT_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)+")
_ADDRESS = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}")
_ENDPOINT = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")


def _setting(
    default: object,
    about: str,
    *,
    option: str | None = None,
    at_least: float | None = None,
    above: float | None = None,
) -> Any:
    """A field of `ServiceSettings`.

    Args:
        default: its value where nothing is said; None as `about` says.
        about: one or two sentences; the help of the option.
        option: of `sonant serve`, as click wants it; None: there is none.
        at_least: the lowest value. Nothing is checked of None.
        above: what every value is above.
    """
    return field(
        default=default,
        metadata={"about": about, "option": option, "at_least": at_least, "above": above},
    )


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Settings of a running service. `sonant serve` has an option for each that names one;
    `vocoder.cli.serve` makes them from here.
    """

    voices: tuple[str, ...] = _setting(
        (),
        (
            "Names or folders of the voices to load; the first speaks where a request names none. "
            "Empty: the default voice."
        ),
    )
    engine: str = _setting("auto", "auto, native, reference or cuda.")
    precision: str = _setting("auto", "auto, fp32, bf16 or int8.")
    threads: int = _setting(
        1, "Threads of the engine; streams are shared out to them.", option="--threads", at_least=1
    )
    max_streams: int = _setting(
        256,
        "Streams that may be open at once, those included that wait for a slow reader.",
        option="--max-streams",
        at_least=1,
    )
    capacity: float | None = _setting(
        None,
        "Streams that can be made in real time; measured where absent.",
        option="--capacity",
        at_least=0.01,
    )
    headroom: float = _setting(0.2, "0..1: the part of the capacity that is kept free.", at_least=0)
    standby: bool = _setting(
        True,
        (
            "Keep a second worker, loaded, that takes over at once from one that died. It costs "
            "the memory of a worker."
        ),
        option="--standby/--no-standby",
    )
    queue_limit: int = _setting(
        32,
        "Requests that may wait for room. Only those wait that say how long they would.",
        at_least=0,
    )
    question_limit: int = _setting(
        32, "Requests without sound (times, phonemes, scores) that may be open at once.", at_least=1
    )
    address_streams: int | None = _setting(
        None,
        "Streams that one address may have open; no limit of its own where absent.",
        option="--address-streams",
        at_least=1,
    )
    address_requests_per_minute: int | None = _setting(
        None,
        "Requests a minute of one address; no limit where absent.",
        option="--address-requests-per-minute",
        at_least=1,
    )
    key_streams: int | None = _setting(
        None,
        "Streams that one API key may have open; no limit of its own where absent.",
        at_least=1,
    )
    key_requests_per_minute: int | None = _setting(
        None, "Requests a minute of one API key; no limit where absent.", at_least=1
    )
    key_file: Path | None = _setting(
        None,
        (
            "API keys, one of which requests must show: `python -m service.keys`. None is asked "
            "for where absent."
        ),
        option="--key-file",
    )
    guard_metrics: bool = _setting(
        False, "Ask for a key for /metrics as well.", option="--guard-metrics"
    )
    allow_origins: tuple[str, ...] = _setting(
        (),
        (
            "Whose pages may read answers (CORS), as https://example.com, or *; may be given "
            "several times."
        ),
        option="--allow-origin",
    )
    root_path: str = _setting(
        "",
        "Path under which a proxy serves this, as /speech; the proxy may strip it or not.",
        option="--root-path",
    )
    openai_voices: tuple[str, ...] = _setting(
        (),
        "Which voice speaks for a voice name of OpenAI's, as nova=kathleen; may be given several "
        "times. The default voice for the others.",
        option="--openai-voice",
    )
    trusted_proxies: tuple[str, ...] = _setting(
        (),
        "Addresses or networks of proxies whose X-Forwarded-For is believed; may be given several "
        "times. Nobody's where absent.",
        option="--trusted-proxy",
    )
    connection_limit: int = _setting(
        1024, "Connections that may be open at once, also those that ask nothing.", at_least=1
    )
    head_seconds: float = _setting(
        10.0, "How long the first line and headers of a request may take to arrive.", above=0
    )
    body_seconds: float = _setting(
        30.0, "How long a body may take to arrive, beside a second for each 10 kB.", above=0
    )
    wyoming: str | None = _setting(
        None,
        (
            "HOST:PORT at which the Wyoming protocol is served as well, for Home Assistant; its "
            "usual port is 10200. It has no API keys: whoever reaches it may speak."
        ),
        option="--wyoming",
    )
    idle_seconds: float = _setting(
        300.0,
        "How long a Wyoming connection is kept on which nothing is asked and nothing spoken.",
        above=0,
    )
    otlp_endpoint: str | None = _setting(
        None,
        (
            "Where traces are sent to (OTLP over HTTP), as http://collector:4318; OpenTelemetry's "
            "own variables, OTEL_*, do as well."
        ),
        option="--otlp",
    )
    lexicons: Path | None = _setting(
        None,
        (
            "A folder with the lexicons of voices, NAME.json or NAME.pls: read at the start, "
            "edited over HTTP. None can be edited where absent."
        ),
        option="--lexicons",
    )
    lexicon_limit: int = _setting(16 * 2**20, "Bytes of a body that holds a lexicon.", at_least=1)
    jobs: Path | None = _setting(
        None,
        (
            "A folder in which jobs are kept, and their files: POST /jobs. None are taken where "
            "absent."
        ),
        option="--jobs",
    )
    job_limit: int = _setting(100, "Jobs that may be unfinished.", at_least=1)
    job_streams: int = _setting(8, "Lines of jobs that are made at once.", at_least=1)
    job_body_limit: int = _setting(16 * 2**20, "Bytes of a body that holds a job.", at_least=1)
    webhooks_to_private: bool = _setting(
        False,
        "Let jobs name addresses of this network to be told of their end.",
        option="--webhooks-to-private",
    )
    text_limit: int | None = _setting(
        None, "Characters of one request; None leaves it to the voice.", at_least=1
    )
    planned_characters: int = _setting(
        10_000,
        (
            "Characters of a text that is planned before its first sound. A longer one begins "
            "before, except as WAV or FLAC, which tell the length."
        ),
        at_least=1,
    )
    recording_limit: int = _setting(
        16 * 2**20, "Bytes of a body that holds a recording.", at_least=1
    )
    recording_seconds: float = _setting(60.0, "How long a recording may be.", above=0)
    body_limit: int = _setting(2**20, "Bytes of a request's body.", at_least=1)
    held_bodies_limit: int = _setting(
        64 * 2**20, "Bytes of the bodies of all requests that are open.", at_least=1
    )
    first_chunk_seconds: float = _setting(
        0.04,
        (
            "Sound of a stream's first steps, short so that it is heard soon; until one chunk of "
            "the other size is made."
        ),
    )
    chunk_seconds: float | None = _setting(
        None, "Sound of a stream's other steps, at most; None: 0.1, and 0.32 on a GPU."
    )
    turn_seconds: float = _setting(
        0.05,
        "About how long one call of the engine may take: that much work is lost when a client "
        "leaves, and a new stream waits that long. "
        "Where many share a GPU a call takes longer (`service.worker.scheduler`).",
        above=0,
    )
    first_sound_seconds: float = _setting(
        0.1, "When the first sound of a stream is due after it was admitted.", at_least=0
    )
    strained_seconds: float = _setting(
        0.08,
        (
            "A stream that is later than this, for a listener without a buffer, keeps new ones "
            "from beginning."
        ),
        above=0,
    )
    whole_seconds: float = _setting(
        2.0,
        "The same for an answer that is sent when all of it is there: nobody listens to it yet.",
        at_least=0,
    )
    buffer_seconds: float = _setting(
        2.0, "Sound that may wait for a reader before its generation pauses; at least one chunk."
    )
    streams_per_turn: int | None = _setting(
        None, "Streams that share one call of the engine; None: 8, and 1,024 on a GPU.", at_least=1
    )
    snapshot_seconds: float = _setting(
        1.0,
        "Sound between two snapshots, from which a stream goes on should the worker die.",
        above=0,
    )
    resume_seconds: float = _setting(
        600.0, "How long an answer can be picked up again after it was last asked for.", above=0
    )
    resume_streams: int = _setting(
        64,
        "How many of them are kept, each in some hundred kilobytes; the oldest give way.",
        at_least=1,
    )
    stall_seconds: float = _setting(
        60.0, "How long a client may take no byte at all before it counts as gone.", above=0
    )
    start_seconds: float = _setting(
        120.0,
        "How long a worker may take to load its voices, and then to measure how fast it is.",
        above=0,
    )
    silence_seconds: float = _setting(
        30.0, "After which a worker that has said nothing is taken for hung, and replaced.", above=1
    )
    shutdown_seconds: float = _setting(
        5.0,
        "How long open streams may go on after the signal to stop.",
        option="--shutdown-seconds",
        at_least=0,
    )
    log_text: bool = _setting(
        False,
        (
            "Write what is asked to be spoken or read into the log, a line of its own with the "
            "request's id."
        ),
        option="--log-text",
    )

    @property
    def wyoming_address(self) -> tuple[str, int] | None:
        """Host, without brackets, and port of `wyoming`."""
        if self.wyoming is None:
            return None
        host, _, port = self.wyoming.rpartition(":")
        return host.strip("[]"), int(port)

    @property
    def on_gpu(self) -> bool:
        """Whether a GPU is asked for."""
        return self.engine.startswith("cuda")

    @property
    def openai_voice_map(self) -> dict[str, str]:
        """Voices by the names of OpenAI's that they speak for."""
        return dict(pair.split("=", 1) for pair in self.openai_voices)

    @property
    def batch_size(self) -> int:
        """How many streams share one call of the engine, at most: no more than there may be, for a
        worker prepares for so many, of each voice.
        """
        most = self.streams_per_turn or (1024 if self.on_gpu else 8)
        return min(most, self.max_streams + self.job_streams)

    @property
    def chunk(self) -> float:
        """Seconds of sound in a turn, at most. Where many share a GPU theirs are long: a chunk
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
        if self.root_path and not _ROOT_PATH.fullmatch(self.root_path):
            raise ConfigError(
                f"root_path must be a path such as /speech, without a slash at its end; not "
                f"{self.root_path!r}"
            )
        for pair in self.openai_voices:
            if not all(pair.partition("=")):
                raise ConfigError(f"openai_voices must hold pairs as nova=kathleen, not {pair!r}")
        if self.otlp_endpoint is not None and not _ENDPOINT.fullmatch(self.otlp_endpoint):
            raise ConfigError(
                f"otlp_endpoint must be a URL such as http://collector:4318, not "
                f"{self.otlp_endpoint!r}"
            )
        if self.wyoming is not None and not (
            _ADDRESS.fullmatch(self.wyoming) and int(self.wyoming.rpartition(":")[2]) <= 65_535
        ):
            raise ConfigError(
                f"wyoming must be HOST:PORT such as 0.0.0.0:10200, not {self.wyoming!r}"
            )
        if self.guard_metrics and self.key_file is None:
            raise ConfigError(
                "guard_metrics needs a key_file: without one there is no key to ask for"
            )
        for each in fields(self):
            value, at_least, above = (
                vars(self)[each.name],
                each.metadata["at_least"],
                each.metadata["above"],
            )
            if value is not None and at_least is not None and not value >= at_least:
                raise ConfigError(f"{each.name} must be at least {at_least}, not {value}")
            if value is not None and above is not None and not value > above:
                raise ConfigError(f"{each.name} must be above {above}, not {value}")
        if not 0 < self.first_chunk_seconds <= self.chunk <= self.buffer_seconds:
            raise ConfigError(
                "0 < first_chunk_seconds <= chunk_seconds <= buffer_seconds must hold"
            )
        if not self.headroom < 1:
            raise ConfigError(f"headroom must lie in 0..1, not {self.headroom}")
