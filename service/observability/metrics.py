"""What is counted, for Prometheus: `GET /metrics`. Names and units after its conventions; a
registry for each service, nothing global.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample

from service.observability.status import Status

_FIRST_AUDIO = (0.02, 0.04, 0.06, 0.08, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0)  # seconds


class Metrics:
    """Counts.

    Args:
        status: gives what the service is doing, when it is asked for.
    """

    def __init__(self, status: Callable[[], Status]) -> None:
        self._registry = CollectorRegistry()
        self._registry.register(_StatusCollector(status))
        self._streams = Counter(
            "sonant_streams",
            "Streams that are over, by how they ended.",
            ["outcome"],
            registry=self._registry,
        )
        self._refused = Counter(
            "sonant_refused",
            "Requests for which there was no room, by reason.",
            ["reason"],
            registry=self._registry,
        )
        self._audio = Counter(
            "sonant_audio_seconds",
            "Sound that has been delivered, by voice.",
            ["voice"],
            registry=self._registry,
        )
        self._first_audio = Histogram(
            "sonant_first_audio_seconds",
            "From admission to the first sound.",
            buckets=_FIRST_AUDIO,
            registry=self._registry,
        )
        self._late = Counter(
            "sonant_late_chunks",
            "Pieces of sound that came after a listener without a buffer needed them.",
            registry=self._registry,
        )
        self._lateness = Gauge(
            "sonant_lateness_seconds",
            "By how much the latest piece of the last second was late.",
            registry=self._registry,
        )
        self._late_sends = Counter(
            "sonant_late_sends",
            "Pieces of sound that left the service after a listener without a buffer needed them.",
            registry=self._registry,
        )
        self._send_lateness = Gauge(
            "sonant_send_lateness_seconds",
            "By how much the latest of them was late, of those of the last second.",
            registry=self._registry,
        )
        self._latest_send = 0.0
        self._deaths = Counter(
            "sonant_worker_deaths", "Workers that have died at work.", registry=self._registry
        )
        for outcome in ("finished", "left", "failed", "invalid"):
            self._streams.labels(outcome)
        for reason in ("at_capacity", "client_limit"):
            self._refused.labels(reason)

    def ended(self, outcome: str) -> None:
        """A stream is over: "finished", "left" by its reader, "failed", or "invalid": it could not
        be begun, by the request's fault.
        """
        self._streams.labels(outcome).inc()

    def refused(self, reason: str) -> None:
        """A request was refused: "at_capacity" or "client_limit"."""
        self._refused.labels(reason).inc()

    def audio(self, voice: str, seconds: float) -> None:
        """So much sound has been delivered."""
        self._audio.labels(voice).inc(seconds)

    def first_audio(self, seconds: float) -> None:
        """A stream's first sound was there so long after its admission."""
        self._first_audio.observe(seconds)

    def late(self, chunks: int, seconds: float) -> None:
        """So many pieces were late in the last second, the latest of them by so much."""
        self._late.inc(chunks)
        self._lateness.set(seconds)
        self._send_lateness.set(self._latest_send)
        self._latest_send = 0.0

    def late_send(self, seconds: float) -> None:
        """A piece left the service so late."""
        self._late_sends.inc()
        self._latest_send = max(self._latest_send, seconds)

    def worker_died(self) -> None:
        """A worker has died at work."""
        self._deaths.inc()

    def exposition(self) -> bytes:
        """Everything, in Prometheus' text format."""
        return generate_latest(self._registry)

    def samples(self) -> Iterator[Sample]:
        """Each figure by itself, with its name and labels, for whoever counts elsewhere."""
        for family in self._registry.collect():
            yield from (sample for sample in family.samples if not sample.name.endswith("_created"))


class _StatusCollector(Collector):
    def __init__(self, status: Callable[[], Status]) -> None:
        self._status = status

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would otherwise ask for the status before there is one."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """The status as gauges."""
        status = self._status()
        yield GaugeMetricFamily(
            "sonant_ready",
            "1 where new streams are taken on, room permitting.",
            float(status.ready),
        )
        yield GaugeMetricFamily(
            "sonant_open_streams", "Streams whose readers are there.", status.open_streams
        )
        yield GaugeMetricFamily(
            "sonant_making_streams",
            "Streams that are being made, and count against the places.",
            status.making,
        )
        yield GaugeMetricFamily(
            "sonant_queued_requests", "Requests that wait for room.", status.queued
        )
        yield GaugeMetricFamily(
            "sonant_background_streams",
            "Streams that nobody listens to: lines of jobs.",
            status.background,
        )
        yield GaugeMetricFamily(
            "sonant_places", "How many streams may be made at once.", status.places
        )
        yield GaugeMetricFamily(
            "sonant_capacity", "Seconds of sound that can be made in a second.", status.capacity
        )
