"""What is no WebSocket at all, sent to one, over a real connection: no traceback, no hang, and
everybody else is served.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.frontend.supervisor import Supervisor
from service.observability.logs import ClientErrorFilter
from service.settings import ServiceSettings
from tests.service.http.test_websocket import until
from tests.service.listening import listening

UPGRADE = (
    "GET /stream HTTP/1.1\r\nhost: sonant\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n\r\n"
)


@pytest.fixture
def address(settings: ServiceSettings, worker: Supervisor) -> Iterator[str]:
    fault = ClientErrorFilter()
    with listening(settings, worker) as address:
        logging.getLogger("uvicorn.error").addFilter(fault)
        yield address
    logging.getLogger("uvicorn.error").removeFilter(fault)


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole one of a client, masked by zeros."""
    size = (
        bytes([0x80 | len(payload)])
        if len(payload) < 126
        else bytes([0xFE]) + len(payload).to_bytes(2, "big")
    )
    return bytes([0x80 | opcode]) + size + bytes(4) + payload


FRAMES = st.one_of(
    st.binary(max_size=300),
    st.builds(frame, st.integers(0, 15), st.binary(max_size=300)),
    st.sampled_from(
        [b'{"type":"text","text":"Yes. "}', b'{"type":"flush"}', b'{"type":"cancel"}', b"[]", b'"']
    ).map(lambda text: frame(1, text)),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sent=st.lists(FRAMES, max_size=6).map(b"".join))
def test_random_bytes(
    address: str, worker: Supervisor, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    caplog.set_level(logging.WARNING)
    caplog.clear()  # of what was found before
    place = urlsplit(address)
    with socket.create_connection((place.hostname, place.port), timeout=10) as client:
        client.sendall(UPGRADE.encode())
        assert client.recv(65_536).startswith(b"HTTP/1.1 101 ")
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        try:
            while client.recv(65_536):  # until the service has done with it; a timeout is a failure
                pass
        except ConnectionResetError:
            pass  # it did not read what came after what it could not make sense of
    until(lambda: worker.status.open_streams == 0)
    with urlopen(f"{address}/healthz", timeout=10) as answer:
        assert answer.status == 200
    assert not [
        record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info
    ]
