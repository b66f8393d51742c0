"""Whether clients that leave, and clients that hardly read, cost anybody else anything.

    python benchmarks/leavers.py [--leavers 200] [--slow 50] [--listeners 3] [--json FILE]

Starts a service of its own. Listeners play one answer after the other, as a client does that begins
once it has 200 ms of sound. Beside them clients come
that leave at a random moment: before they have been answered, in the middle, near the end; some
take leave of the connection, some drop it. And others read one byte a second of a long text,
through a socket that holds little. Whoever is refused for want of room comes again when the service
says.

How soon a slot is free: from the moment when the client lets go of its connection to the moment
when the service, by its own log (which counts milliseconds), has done with the request; it has
given up the stream by then. At the end those that hardly read leave as well, all at once, and every
listener's answer is asked for again, by its seed, and compared byte by byte.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from listener import TEXTS, Outcome, check, percentile, request
from serving import Served, circumstances, serving

LONG = " ".join(TEXTS * 8)  # two minutes and a half: more than sockets hold
LONGEST_STAY = 6.0  # seconds, of a client that leaves: about as long as its answer takes
_SLOW_BUFFER = 4_096
_SETTLE_SECONDS = 5.0


@dataclass
class Visit:
    """One client that leaves.

    Attributes:
        request_id: by which the service's log knows it.
        left_at: seconds since 1970.
        num_bytes: that it had of its answer.
        finished: whether the answer was over before it left.
    """

    request_id: str
    left_at: float = 0.0
    num_bytes: int = 0
    finished: bool = False


@dataclass
class Crowd:
    """What has been seen."""

    visits: list[Visit] = field(default_factory=list)
    slow: list[Visit] = field(default_factory=list)
    listened: list[Outcome] = field(default_factory=list)
    turned_away: int = 0
    dropped: int = 0  # slow clients that the service has given up; they come again
    # released by each slow client that has its first byte
    reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))


class Connection:
    """One request by hand: httpx would read on for us, and close when it likes."""

    def __init__(self, url: str, request_id: str, text: str, *, buffer: int | None) -> None:
        self._address = urlsplit(url)
        body = json.dumps({"text": text}).encode()
        lines = (
            "POST /synthesize HTTP/1.1",
            f"host: {self._address.netloc}",
            "content-type: application/json",
            f"content-length: {len(body)}",
        )
        self._request = (
            "\r\n".join([*lines, f"x-request-id: {request_id}", "prefer: wait=60", "", ""]).encode()
            + body
        )
        self._socket = socket.socket()
        self._socket.setblocking(False)
        if buffer is not None:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)

    async def send(self) -> None:
        """Connects, and asks."""
        loop = asyncio.get_running_loop()
        await loop.sock_connect(self._socket, (self._address.hostname, self._address.port))
        await loop.sock_sendall(self._socket, self._request)

    async def receive(self, most: int) -> bytes:
        """Some bytes of the answer; none at its end."""
        return await asyncio.get_running_loop().sock_recv(self._socket, most)

    def leave(self, *, drop: bool) -> float:
        """Closes the connection, in order or not; gives the time."""
        if drop:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        left_at = time.time()
        self._socket.close()
        return left_at


async def leaver(url: str, number: int, rng: random.Random, crowd: Crowd) -> None:
    """Comes, until it is let in, and leaves."""
    stay, drop, text = (
        rng.uniform(0.0, LONGEST_STAY),
        rng.random() < 0.5,
        " ".join(rng.sample(TEXTS, 2)),
    )
    # until its answer has begun; the others leave whether they have been answered or not
    listens = rng.random() < 0.7
    for attempt in range(1_000):
        visit = Visit(request_id=f"leaver-{number}-{attempt}")
        connection = Connection(url, visit.request_id, text, buffer=None)
        await connection.send()
        head = await connection.receive(65_536) if listens else b""
        visit.num_bytes = len(head)
        try:
            async with asyncio.timeout(stay):
                while not head.startswith(b"HTTP/1.1 503") and not visit.finished:
                    piece = await connection.receive(65_536)
                    if not piece:
                        raise SystemExit("an answer broke off that its client had not left")
                    head = head or piece
                    visit.num_bytes += len(piece)
                    visit.finished = whole(head, visit.num_bytes)
        except TimeoutError:
            pass  # this is the moment
        visit.left_at = connection.leave(drop=drop)
        if not head.startswith(b"HTTP/1.1 503"):
            crowd.visits.append(visit)
            return
        crowd.turned_away += 1
        await asyncio.sleep(rng.uniform(0.5, 3.0))


def whole(head: bytes, num_bytes: int) -> bool:
    """Whether so many bytes are the answer that begins like this."""
    before, _, _ = head.partition(b"\r\n\r\n")
    length = next(
        (
            int(line.partition(b":")[2])
            for line in before.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        ),
        None,
    )
    return length is not None and num_bytes >= len(before) + 4 + length


async def slow_reader(
    served: Served, number: int, rng: random.Random, crowd: Crowd, leave: asyncio.Event
) -> None:
    """Comes, until it is let in, and reads a byte a second; comes again where the service drops
    it.
    """
    first_time = True
    for attempt in range(1_000):
        visit = Visit(request_id=f"slow-{number}-{attempt}")
        connection = Connection(served.url, visit.request_id, LONG, buffer=_SLOW_BUFFER)
        await connection.send()
        first = await connection.receive(12)
        if first.startswith(b"HTTP/1.1 503"):
            connection.leave(drop=False)
            crowd.turned_away += 1
            await asyncio.sleep(rng.uniform(0.5, 3.0))
            continue
        if first_time:
            crowd.reading.release()
            first_time = False
        while not leave.is_set() and visit.request_id not in served.ended:
            try:
                await asyncio.wait_for(leave.wait(), 1.0)
            except TimeoutError:
                visit.num_bytes += len(await connection.receive(1))
        visit.left_at = connection.leave(drop=rng.random() < 0.5)
        if leave.is_set():
            crowd.slow.append(visit)
            return
        crowd.dropped += 1


async def listener(
    client: httpx.AsyncClient, rng: random.Random, crowd: Crowd, stop: asyncio.Event
) -> None:
    while not stop.is_set():
        outcome = await request(client, rng.choice(TEXTS), keep=True, wait_seconds=60)
        if outcome.status == 503:
            await asyncio.sleep(0.2)
        else:
            crowd.listened.append(outcome)


async def measure(served: Served, options: argparse.Namespace) -> dict[str, Any]:
    rng, crowd = random.Random(options.seed), Crowd()
    leave, stop = asyncio.Event(), asyncio.Event()
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=served.url, timeout=300, limits=limits) as client:
        capacity = (await client.get("/readyz")).json()["capacity"]
        listening = [
            asyncio.create_task(listener(client, rng, crowd, stop))
            for _ in range(options.listeners)
        ]
        slow = [
            asyncio.create_task(slow_reader(served, number, rng, crowd, leave))
            for number in range(options.slow)
        ]
        begun = time.monotonic()
        leaving = []
        for number in range(options.leavers):
            leaving.append(asyncio.create_task(leaver(served.url, number, rng, crowd)))
            await asyncio.sleep(rng.expovariate(options.per_second))
        await asyncio.gather(*leaving)
        for _ in range(options.slow):  # until each of them hangs about
            await crowd.reading.acquire()
        all_there = (await client.get("/readyz")).json()
        seconds = time.monotonic() - begun
        leave.set()
        await asyncio.gather(*slow)
        stop.set()
        await asyncio.gather(*listening)
        await settled(client)
        wrong = await check(client, crowd.listened)
    return {
        **circumstances(),
        "capacity": round(capacity, 2),
        "seconds": round(seconds, 1),
        "turned_away": crowd.turned_away,
        "slow_readers_dropped": crowd.dropped,
        "open_streams_before_the_slow_left": all_there["open_streams"],
        "leavers": freed(crowd.visits, served),
        "slow_readers": freed(crowd.slow, served),
        "listeners": {
            "answers": len(crowd.listened),
            "seconds_of_sound": round(sum(one.audio_seconds for one in crowd.listened), 1),
            "incomplete": sum(not one.complete for one in crowd.listened),
            "with_underrun": sum(one.underrun_seconds > 0 for one in crowd.listened),
            "longest_underrun": round(
                max((one.underrun_seconds for one in crowd.listened), default=0.0), 4
            ),
            "first_audio_p50": percentile(
                [one.seconds_to_first_audio for one in crowd.listened], 0.5
            ),
            "first_audio_p99": percentile(
                [one.seconds_to_first_audio for one in crowd.listened], 0.99
            ),
            "wrong_bytes": wrong,
        },
        "complaints": served.complaints,
    }


async def settled(client: httpx.AsyncClient) -> None:
    """Until nobody is left, which must not take long."""
    deadline = time.monotonic() + _SETTLE_SECONDS
    while (status := (await client.get("/readyz")).json())["open_streams"] or status["queued"]:
        if time.monotonic() > deadline:
            raise SystemExit(f"streams are open that nobody reads: {status}")
        await asyncio.sleep(0.05)


def freed(visits: list[Visit], served: Served) -> dict[str, Any]:
    """How soon the service had done with those that left before their answers were over."""
    early = [one for one in visits if not one.finished]
    seconds = [
        max(0.0, served.ended[one.request_id] - one.left_at)
        for one in early
        if one.request_id in served.ended
    ]
    return {
        "came": len(visits),
        "left_before_the_end": len(early),
        "of_them_before_the_first_byte": sum(one.num_bytes == 0 for one in early),
        "never_seen_by_the_service": sum(one.request_id not in served.ended for one in early),
        "slot_free_p50": percentile(seconds, 0.5),
        "slot_free_p99": percentile(seconds, 0.99),
        "slot_free_longest": round(max(seconds, default=0.0), 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--leavers", type=int, default=200, help="that come, and leave (%(default)s)"
    )
    parser.add_argument(
        "--slow", type=int, default=50, help="that read a byte a second (%(default)s)"
    )
    parser.add_argument(
        "--listeners", type=int, default=3, help="that play all the while (%(default)s)"
    )
    parser.add_argument(
        "--per-second",
        type=float,
        default=2.0,
        help="how many leavers come in a second (%(default)s)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of all that is random (%(default)s)")
    parser.add_argument("--json", type=Path, help="where the figures are written to as well")
    options = parser.parse_args()
    with serving("--threads", str(os.cpu_count() or 1)) as served:
        report = asyncio.run(measure(served, options))
    print(json.dumps(report, indent=2))
    if options.json:
        options.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    sys.exit(bool(report["complaints"]))


if __name__ == "__main__":
    main()
