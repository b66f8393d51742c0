"""The service on a real Ray of this machine: two replicas, each with a worker process of its own.

What has to happen while a stream is being made happens while its worker process is stopped
(SIGSTOP), so no test depends on how fast anything is.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx
import pytest
import ray
import websockets
from ray import serve
from ray.serve.context import _get_global_client

from service.cluster.ray_serve import application
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

pytestmark = pytest.mark.slow
Result = TypeVar("Result")

SEED = 7
LONG = "Forty-two quick brown foxes jumped over the lazy dog. " * 60  # some seconds of work
SHORT = "Good day."
WAIT_SECONDS = 60.0  # for what must come; nothing is measured
PLACES = 4  # of each replica


@dataclass(frozen=True, kw_only=True)
class Replica:
    name: str
    state: str
    pid: int

    @property
    def worker(self) -> int:
        """The process that speaks."""
        (found,) = [
            pid
            for pid in children(self.pid)
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        return found


def children(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = path.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(after_name[1]) == parent and after_name[0] != "Z":
            found.append(int(path.parent.name))
    return found


@dataclass(frozen=True, kw_only=True)
class Sonant:
    url: str
    args: dict[str, object]

    def deploy(self, **changed: object) -> None:
        serve.run(application(self.args | changed), name="sonant")

    def replicas(self) -> dict[str, Replica]:
        """Those that have a process; Serve tells of them in no public way."""
        details = _get_global_client().get_serve_details()["applications"]["sonant"]["deployments"][
            "Sonant"
        ]["replicas"]
        return {
            one["replica_id"]: Replica(name=one["replica_id"], state=one["state"], pid=one["pid"])
            for one in details
            if one.get("pid")
        }

    def running(self) -> set[str]:
        return {one.name for one in self.replicas().values() if one.state == "RUNNING"}

    def ask(self, path: str, replica: str, client: httpx.Client) -> httpx.Response:
        """What this replica says."""
        answer = client.get(path, headers={"X-Replica": replica})
        assert answer.headers["x-replica"] == replica
        return answer

    def making(self, replica: str, client: httpx.Client) -> int:
        return int(self.ask("/readyz", replica, client).json()["making"])


def until(look: Callable[[], Result | None]) -> Result:
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("it did not come")


@pytest.fixture(scope="module")
def sonant(pack: Path) -> Iterator[Sonant]:
    with pytest.MonkeyPatch.context() as patch, socket.create_server(("127.0.0.1", 0)) as taken:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_SERVE_REPLICA_AUTOSCALING_METRIC_PUSH_INTERVAL_S", "0.5")
        port = taken.getsockname()[1]
        taken.close()
        ray.init(
            address="local",
            num_cpus=4,
            include_dashboard=False,
            object_store_memory=100 * 2**20,
            log_to_driver=False,
        )
        serve.start(http_options={"host": "127.0.0.1", "port": port})
        args = {
            "voice": str(pack),
            "standby": False,
            "capacity": PLACES / 0.8,
            "shutdown_seconds": 60,
            "silence_seconds": 120,
            "min_replicas": 1,
            "max_replicas": 2,
        }
        sonant = Sonant(url=f"http://127.0.0.1:{port}", args=args)
        sonant.deploy()
        try:
            yield sonant
        finally:
            serve.shutdown()
            ray.shutdown()


@pytest.fixture
def client(sonant: Sonant) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sonant.url, timeout=WAIT_SECONDS) as client:
        yield client


@contextmanager
def speaking(replica: Replica, client: httpx.Client) -> Iterator[tuple[bytes, Iterator[bytes]]]:
    """A long stream of this replica that has begun: what has come, and what comes."""
    with client.stream(
        "POST",
        "/synthesize",
        json={"text": LONG, "seed": SEED, "format": "pcm"},
        headers={"X-Replica": replica.name},
    ) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["x-replica"] == replica.name
        pieces = answer.iter_raw()
        yield next(pieces), pieces


@contextmanager
def held(worker: int) -> Iterator[None]:
    os.kill(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(worker, signal.SIGCONT)


@pytest.fixture(scope="module")
def long_sound(voice: Voice) -> bytes:
    return to_bytes(voice.synthesize(LONG, seed=SEED))


def test_a_replica_is_added_where_there_is_a_queue(
    sonant: Sonant, client: httpx.Client, voice: Voice
) -> None:
    """The first, so that two are there for the others."""
    (alone,) = sonant.replicas().values()
    with ThreadPoolExecutor(5 * PLACES) as pool, held(alone.worker):
        asking = [pool.submit(ask_patiently, client, seed) for seed in range(5 * PLACES)]
        until(lambda: len(sonant.running()) > 1)
        os.kill(alone.worker, signal.SIGCONT)
        for seed, answer in enumerate(asking):
            assert answer.result().content == to_bytes(voice.synthesize(SHORT, seed=seed))


def ask_patiently(client: httpx.Client, seed: int) -> httpx.Response:
    return client.post(
        "/synthesize",
        json={"text": SHORT, "seed": seed, "format": "pcm"},
        headers={"Prefer": "wait=60"},
    )


def test_many_at_once_get_the_bytes_of_the_voice_from_both_replicas(
    sonant: Sonant, client: httpx.Client, voice: Voice
) -> None:
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(partial(ask_patiently, client), range(24)))
    for seed, answer in enumerate(answers):
        assert answer.content == to_bytes(voice.synthesize(SHORT, seed=seed))
    assert {answer.headers["x-replica"] for answer in answers} == set(sonant.replicas())


def test_sound_arrives_before_the_rest_of_it_is_made(
    sonant: Sonant, client: httpx.Client, long_sound: bytes
) -> None:
    for replica in sonant.replicas().values():
        with speaking(replica, client) as (first, pieces):
            with held(replica.worker):
                assert sonant.making(replica.name, client) == 1
            assert first + b"".join(pieces) == long_sound


def test_a_request_goes_where_there_is_room(sonant: Sonant, client: httpx.Client) -> None:
    full, other = sonant.replicas().values()
    assert sonant.making(other.name, client) == 0  # the proxy has heard of both
    with ExitStack() as stack:
        for _ in range(PLACES):
            stack.enter_context(speaking(full, client))
        stack.enter_context(held(full.worker))
        answers = [
            client.post("/synthesize", json={"text": SHORT, "seed": seed}) for seed in range(8)
        ]
        assert {(answer.status_code, answer.headers["x-replica"]) for answer in answers} == {
            (200, other.name)
        }


def test_generation_stops_when_the_reader_leaves(sonant: Sonant, client: httpx.Client) -> None:
    replica = next(iter(sonant.replicas().values()))
    with speaking(replica, client), held(replica.worker):
        assert sonant.making(replica.name, client) == 1
        left = left_by_readers(sonant, replica.name, client)
    until(lambda: left_by_readers(sonant, replica.name, client) == left + 1)
    assert sonant.making(replica.name, client) == 0


def left_by_readers(sonant: Sonant, replica: str, client: httpx.Client) -> int:
    found = re.search(
        r'^sonant_streams_total{outcome="left"} (\d+)',
        sonant.ask("/metrics", replica, client).text,
        re.MULTILINE,
    )
    assert found is not None
    return int(found[1])


async def test_a_websocket_goes_through_while_its_text_is_being_written(
    sonant: Sonant, voice: Voice
) -> None:
    async with websockets.connect(f"{sonant.url.replace('http', 'ws')}/stream") as socket:
        assert socket.response is not None
        replica = socket.response.headers["x-replica"]
        await socket.send(json.dumps({"type": "settings", "seed": SEED, "format": "pcm"}))
        await socket.send(json.dumps({"type": "text", "text": "One, two. "}))
        await socket.send(json.dumps({"type": "flush"}))
        sound, flushed = b"", False
        while not flushed:  # and only then comes the rest
            async with asyncio.timeout(WAIT_SECONDS):
                message = await socket.recv()
            sound += message if isinstance(message, bytes) else b""
            flushed = not isinstance(message, bytes) and json.loads(message)["type"] == "flushed"
        assert sound == to_bytes(voice.synthesize("One, two.", seed=SEED))
        await socket.send(json.dumps({"type": "text", "text": LONG}))
        while not isinstance(await socket.recv(), bytes):
            pass
    with httpx.Client(base_url=sonant.url, timeout=WAIT_SECONDS) as client:
        await asyncio.to_thread(until, lambda: sonant.making(replica, client) == 0)


def test_an_answer_is_picked_up_again_where_it_was_given(
    sonant: Sonant, client: httpx.Client
) -> None:
    for seed in range(4):
        answer = client.post("/synthesize", json={"text": SHORT, "seed": seed})
        for _ in range(4):
            again = client.get(answer.headers["content-location"], headers={"Range": "bytes=100-"})
            assert (again.status_code, again.content) == (206, answer.content[100:])
            assert again.headers["x-replica"] == answer.headers["x-replica"]
        assert client.get(f"/streams/{answer.headers['x-stream-id']}").content == answer.content


def test_the_stream_of_a_replica_that_is_no_more_is_unknown(client: httpx.Client) -> None:
    answer = client.get("/streams/aaaaaaaa.wY4pJ3o0cXkqz8mF2bTn5g")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_stream")


def test_whom_there_is_no_room_for_is_told_so_and_not_kept_waiting(
    sonant: Sonant, client: httpx.Client
) -> None:
    with ExitStack() as stack:
        for replica in sonant.replicas().values():
            stack.enter_context(held(replica.worker))
        # Nothing is made any more, so nobody else would ever be answered: whoever is has been
        # refused.
        with (
            ThreadPoolExecutor(4 * PLACES) as pool,
            httpx.Client(base_url=sonant.url, timeout=WAIT_SECONDS) as many,
        ):
            asking = [
                pool.submit(
                    many.post, "/synthesize", json={"text": SHORT, "seed": seed, "format": "pcm"}
                )
                for seed in range(4 * PLACES)
            ]
            try:
                refused = until(
                    lambda: (
                        done
                        if len(done := [one.result() for one in asking if one.done()]) >= 2 * PLACES
                        else None
                    )
                )
            finally:
                stack.close()
            for answer in refused:
                assert (answer.status_code, answer.json()["error"]["code"]) == (503, "at_capacity")
                assert float(answer.headers["retry-after"]) >= 1
            assert 0 < sum(one.result().status_code == 200 for one in asking) <= 2 * PLACES


@pytest.mark.thorough
def test_a_replica_that_is_killed_takes_only_its_own_streams_along(
    sonant: Sonant, client: httpx.Client, long_sound: bytes
) -> None:
    killed, other = sonant.replicas().values()
    worker = killed.worker
    with (
        speaking(killed, client) as (_, pieces),
        speaking(other, client) as (other_begun, other_pieces),
    ):
        with held(other.worker):
            os.kill(killed.pid, signal.SIGKILL)
            with pytest.raises(httpx.RemoteProtocolError):
                b"".join(pieces)
        assert other_begun + b"".join(other_pieces) == long_sound
    assert (
        client.post("/synthesize", json={"text": SHORT, "seed": 1}).headers["x-replica"]
        == other.name
    )
    until(lambda: not Path(f"/proc/{worker}").exists())
    until(lambda: sonant.running() - {killed.name, other.name})  # and another takes its place


@pytest.mark.thorough
def test_what_was_accepted_is_finished_before_a_replica_goes(
    sonant: Sonant, client: httpx.Client, long_sound: bytes
) -> None:
    until(lambda: len(sonant.replicas()) == 2 == len(sonant.running()))
    one, other = sonant.replicas().values()
    # all are replaced, as Serve deploys anew
    deploying = threading.Thread(target=sonant.deploy, kwargs={"max_replicas": 1})
    with (
        speaking(one, client) as (begun, pieces),
        speaking(other, client) as (other_begun, other_pieces),
    ):
        with held(one.worker), held(other.worker):
            deploying.start()
            going = until(
                lambda: {one.name for one in sonant.replicas().values() if one.state == "STOPPING"}
            )
            answers = [client.get("/readyz") for _ in range(8)]
            # nobody new is sent there
            assert not going & {answer.headers["x-replica"] for answer in answers}
        assert begun + b"".join(pieces) == long_sound
        assert other_begun + b"".join(other_pieces) == long_sound
    deploying.join()
    until(lambda: len(sonant.replicas()) == 1)
    assert not {one.name, other.name} & set(sonant.replicas())
