"""What a client may send before it is answered: how much, and how slowly. What is attacked here is
a service on a real socket.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from service.frontend.supervisor import Supervisor
from service.http.connection import HEAD_LIMIT, ConnectionLimits
from service.observability.logs import REQUESTS
from service.settings import ServiceSettings
from tests.service.listening import listening


@contextmanager
def connected(address: str) -> Iterator[socket.socket]:
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=10) as client:
        yield client


def received(client: socket.socket) -> bytes:
    """All that comes until the service closes; a timeout is a failure."""
    parts = []
    with contextlib.suppress(ConnectionResetError):  # it had not read what came last
        while part := client.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def error_of(answer: bytes) -> tuple[int, str]:
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["error"]["code"]


@pytest.fixture
def impatient(settings: ServiceSettings) -> ServiceSettings:
    return dataclasses.replace(settings, head_seconds=0.3, body_seconds=0.3)


def test_a_head_without_end_is_refused(settings: ServiceSettings, worker: Supervisor) -> None:
    with listening(settings, worker) as address, connected(address) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: ")
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < 100 * HEAD_LIMIT:
                sent += client.send(b"a" * 4_096)
                time.sleep(0)
        answer = received(client)
    assert sent < 100 * HEAD_LIMIT
    if answer:  # a reset may overtake it
        assert error_of(answer) == (431, "head_too_large")


def test_a_large_head_is_refused_before_any_work(
    settings: ServiceSettings, worker: Supervisor
) -> None:
    head = b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-a: " + b"a" * HEAD_LIMIT + b"\r\n\r\n"
    with listening(settings, worker) as address, connected(address) as client:
        client.sendall(head)
        assert error_of(received(client)) == (431, "head_too_large")
        with urlopen(f"{address}/healthz", timeout=10) as answer:
            assert answer.status == 200


def test_who_asks_nothing_is_disconnected(impatient: ServiceSettings, worker: Supervisor) -> None:
    with listening(impatient, worker) as address, connected(address) as client:
        assert received(client) == b""


def test_half_a_head_is_not_waited_for(impatient: ServiceSettings, worker: Supervisor) -> None:
    with listening(impatient, worker) as address, connected(address) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nhost:")
        assert error_of(received(client)) == (408, "request_timeout")


def test_half_a_body_is_not_waited_for(impatient: ServiceSettings, worker: Supervisor) -> None:
    with listening(impatient, worker) as address, connected(address) as client:
        client.sendall(
            b"POST /synthesize HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b'content-length: 1000\r\n\r\n{"text":'
        )
        assert error_of(received(client)) == (408, "request_timeout")


def test_a_slow_answer_is_no_slow_request(impatient: ServiceSettings, worker: Supervisor) -> None:
    """And the next request on its connection is answered."""
    body = json.dumps({"text": "Hello there. " * 20, "seed": 1}).encode()
    ask = (
        b"POST /synthesize HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%s" % (len(body), body)
    )
    with listening(impatient, worker) as address, connected(address) as client:
        client.sendall(ask)
        time.sleep(0.5)  # longer than a request may take
        got = b""
        while b"\r\n\r\n" not in got:
            got += client.recv(65_536)
        head, _, got = got.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        while len(got) < length:
            got += client.recv(65_536)
        client.sendall(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        assert received(client).startswith(b"HTTP/1.1 200")


def test_only_so_many_connections_are_open(settings: ServiceSettings, worker: Supervisor) -> None:
    with (
        listening(dataclasses.replace(settings, connection_limit=3), worker) as address,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(3):
            stack.enter_context(connected(address))
        time.sleep(0.2)
        with connected(address) as one_more:
            answer = received(one_more)
        assert error_of(answer) == (503, "at_capacity")
        assert b"retry-after: 1" in answer


def test_connections_leave_file_descriptors(
    settings: ServiceSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (256, 256))
    assert ConnectionLimits.of_settings(settings).connections == 192


@pytest.mark.parametrize("form", ["wav", "mp3"])
def test_http_1_0_gets_a_body_that_ends_with_the_connection(
    settings: ServiceSettings, worker: Supervisor, form: str
) -> None:
    body = json.dumps({"text": "Hello.", "seed": 1, "format": form}).encode()
    head = (
        b"POST /synthesize HTTP/1.%d\r\nhost: x\r\ncontent-type: application/json\r\n"
        b"connection: close\r\ncontent-length: %d\r\n\r\n"
    )
    answers = []
    with listening(settings, worker) as address:
        for version in (0, 1):
            with connected(address) as client:
                client.sendall(head % (version, len(body)) + body)
                answers.append(received(client).partition(b"\r\n\r\n"))
    assert b"transfer-encoding" not in answers[0][0].lower()
    expected = answers[1][2]
    if b"transfer-encoding" in answers[1][0].lower():
        chunks = expected.split(b"\r\n")
        assert int(chunks[0], 16) > 0
        assert len(answers[0][2]) > 400
        assert not answers[0][2].startswith(chunks[0] + b"\r\n")
        assert answers[0][2].startswith(chunks[1][:50])
    else:
        assert answers[0][2] == expected


def test_forwarded_addresses_are_believed_of_named_proxies_alone(
    settings: ServiceSettings, worker: Supervisor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, REQUESTS)
    for proxies, believed in (((), "127.0.0.1"), (("127.0.0.1",), "192.0.2.1")):
        caplog.clear()
        trusting = dataclasses.replace(settings, trusted_proxies=proxies)
        with listening(trusting, worker) as address, connected(address) as client:
            client.sendall(
                b"GET /voices HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"
                b"x-forwarded-for: 192.0.2.1\r\n\r\n"
            )
            assert received(client).startswith(b"HTTP/1.1 200")
        (line,) = (json.loads(record.message) for record in caplog.records)
        assert line["address"] == believed
