"""What lies between a client and its service, and does not always hold: a proxy that breaks
connections off, or answers in the service's stead.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections import deque
from urllib.parse import urlsplit

Fate = int | bytes | None


class FlakyProxy:
    """At a port of this machine, as long as it is a context.

    Args:
        upstream: address of the service.

    Attributes:
        fates: of the connections to come: how many bytes of the answer pass before it breaks off,
            or an answer that is given without the service; those that have none pass.
        requests: the heads of the requests that have come, lines in lower case.
    """

    def __init__(self, upstream: str) -> None:
        address = urlsplit(upstream)
        self._upstream = (address.hostname, address.port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.fates: deque[Fate] = deque()
        self.requests: list[list[str]] = []

    def __enter__(self) -> FlakyProxy:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _start(self, target: object, *arguments: object) -> None:
        self._threads.append(threading.Thread(target=target, args=arguments))  # type: ignore[arg-type]
        self._threads[-1].start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return  # closed: nobody comes any more
            self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with client:
            asked = self._request(client)
            if not asked:
                return
            self.requests.append(asked.partition(b"\r\n\r\n")[0].decode().lower().split("\r\n"))
            # a browser's question beforehand is nobody's request
            preflight = asked.startswith(b"OPTIONS")
            if preflight:
                self.requests.pop()
            fate = self.fates.popleft() if self.fates and not preflight else None
            if isinstance(fate, bytes):
                client.sendall(fate)
                return
            with socket.create_connection(self._upstream) as upstream:
                # One request a connection, so that each has a fate of its own.
                head, _, body = asked.partition(b"\r\n\r\n")
                wants_close = b"\r\nconnection: close" in head.lower()
                lines = [
                    line
                    for line in head.split(b"\r\n")
                    if not line.lower().startswith(b"connection:")
                ]
                upstream.sendall(b"\r\n".join([*lines, b"connection: close"]) + b"\r\n\r\n" + body)
                left, is_head = fate, True
                while piece := upstream.recv(4_096):
                    # What the service says of the connection to the proxy is not for the client
                    # (and Node 20, told that its own closes, takes a chunked body that breaks off
                    # for whole).
                    if is_head and not wants_close:
                        piece = piece.replace(b"connection: close\r\n", b"", 1)
                    is_head = False
                    if left is not None and len(piece) >= left:
                        client.sendall(piece[:left])
                        client.setsockopt(
                            socket.SOL_SOCKET,
                            socket.SO_LINGER,
                            struct.pack("ii", 0, 0) if left % 2 else struct.pack("ii", 1, 1),
                        )
                        return
                    left = None if left is None else left - len(piece)
                    try:
                        client.sendall(piece)
                    except OSError:
                        return  # the client has left

    @staticmethod
    def _request(client: socket.socket) -> bytes:
        asked = b""
        while True:
            piece = client.recv(65_536)
            if not piece:
                return b""
            asked += piece
            head, end, body = asked.partition(b"\r\n\r\n")
            length = next(
                (
                    int(line.partition(b":")[2])
                    for line in head.lower().split(b"\r\n")
                    if line.startswith(b"content-length:")
                ),
                0,
            )
            if end and len(body) >= length:
                return asked
