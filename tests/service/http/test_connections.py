"""What the system does with the connections of the service's socket."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator

import pytest

from service.server import limit_unsent
from service.settings import ServiceSettings


def connection(*, limited: bool) -> Iterator[socket.socket]:
    """The service's end, of a client that holds little and reads nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
        if limited:
            limit_unsent(listener, ServiceSettings(stall_seconds=12.5))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        client.connect(listener.getsockname())
        ours, _ = listener.accept()
        with ours:
            yield ours


@pytest.fixture
def limited() -> Iterator[socket.socket]:
    yield from connection(limited=True)


@pytest.fixture
def unlimited() -> Iterator[socket.socket]:
    yield from connection(limited=False)


def held(ours: socket.socket) -> int:
    """How many bytes the system takes for a client that does not read."""
    ours.setblocking(False)
    taken = 0
    try:
        while True:
            taken += ours.send(bytes(1_024))
    except BlockingIOError:
        return taken


def test_little_is_held_for_a_client_that_does_not_read(
    limited: socket.socket, unlimited: socket.socket
) -> None:
    assert held(limited) < 80_000  # two seconds and a half of sound
    assert held(unlimited) > 300_000  # what it is about


def test_a_connection_that_takes_nothing_ends(limited: socket.socket) -> None:
    if sys.platform == "linux":  # whose option it is
        assert limited.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 12_500
