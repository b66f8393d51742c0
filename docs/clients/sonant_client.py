"""A client of Sonant, to be copied into your program: nothing but the standard library.

    python sonant_client.py "Hello there." -o hello.wav
    python sonant_client.py "Hello there." | aplay

    sonant = Sonant("http://localhost:8000")
    for piece in sonant.stream({"text": "Hello there.", "seed": 7}):  # bytes of the file, as they
    are made
        player.stdin.write(piece)
    for event in sonant.events({"text": "Hello there."}):  # when each word is heard, and the sound
    (docs/API_HTTP.md)
        print(event["type"])

A connection that is lost is picked up again at the byte where it stopped; where there is no room,
the request is made again when the service says.
Where whoever spoke is gone (one of several servers), another is asked for the same bytes, and what
was heard of them is left out.
"""

from __future__ import annotations

import argparse
import http.client
import json
import secrets
import sys
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

_LOST = (OSError, http.client.HTTPException)  # what a connection raises that is refused, or breaks
_NO_ROOM = (429, 503)


class SonantError(Exception):
    """The service says no. `field` names what of the order is at fault, where it is the order."""

    def __init__(self, status: int, code: str, message: str, field: str | None) -> None:
        super().__init__(message)
        self.status, self.code, self.field = status, code, field


class Sonant:
    """A service.

    Args:
        url: where it is.
        key: an API key, where it asks for one.
        tries: how often something is tried that makes no progress.
        timeout: seconds without a byte after which a connection counts as lost.
    """

    def __init__(
        self,
        url: str = "http://localhost:8000",
        *,
        key: str | None = None,
        tries: int = 5,
        timeout: float = 30.0,
    ) -> None:
        self._url = urlsplit(url)
        self._headers = {
            "Content-Type": "application/json",
            "Connection": "close",
            **({"Authorization": f"Bearer {key}"} if key else {}),
        }
        self._tries, self._timeout = tries, timeout

    def stream(self, order: dict[str, Any]) -> Iterator[bytes]:
        """The bytes that `POST /synthesize` answers, each once, in order. Raises SonantError, or
        what the connection raised at the last try.
        """
        answer = self._ask("POST", "/synthesize", json.dumps(order))
        stream, etag = answer.getheader("X-Stream-Id"), answer.getheader("ETag")
        again = json.dumps({**order, "seed": int(answer.getheader("X-Seed") or 0)})
        received, skip, failures = 0, 0, 0
        while True:
            try:
                while piece := answer.read1(65_536):
                    kept, skip = piece[skip:], max(0, skip - len(piece))
                    if kept:
                        received, failures = received + len(kept), 0
                        yield kept
                # bytes that are missing; None where only the end of the body tells
                if not answer.length:
                    return
                raise http.client.IncompleteRead(b"")
            except _LOST:
                failures += 1
                if failures >= self._tries or stream is None:
                    raise
            finally:
                answer.close()
            time.sleep(0.1 * 2**failures)
            # Formats whose length is not known beforehand come again as a whole: the same bytes, of
            # which the first are known.
            try:
                answer = self._ask(
                    "GET",
                    f"/streams/{stream}",
                    None,
                    {"Range": f"bytes={received}-", "If-Range": etag or ""},
                )
            except SonantError as error:
                if error.code != "unknown_stream":
                    raise
                answer = self._ask("POST", "/synthesize", again)
                stream = answer.getheader("X-Stream-Id")
            if answer.getheader("ETag") != etag:
                raise SonantError(409, "changed", "the service would speak it otherwise now", None)
            skip = 0 if answer.status == http.HTTPStatus.PARTIAL_CONTENT else received

    def events(self, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """What is heard when, and the sound: each line of the answer with timestamps as a
        dictionary.
        """
        rest, event = b"", {}
        for piece in self.stream({**order, "timestamps": True}):
            *lines, rest = (rest + piece).split(b"\n")
            for line in lines:
                event = json.loads(line)
                yield event
        if event.get("type") != "end":
            raise http.client.IncompleteRead(rest)

    def _ask(
        self, method: str, path: str, body: str | None, headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        """The answer, with its body still to come."""
        request_id = secrets.token_hex(8)
        for left in reversed(range(self._tries)):
            kind = (
                http.client.HTTPSConnection
                if self._url.scheme == "https"
                else http.client.HTTPConnection
            )
            connection = kind(
                self._url.hostname or "localhost", self._url.port, timeout=self._timeout
            )
            try:
                sent = {**self._headers, **(headers or {}), "X-Request-Id": request_id}
                connection.request(method, self._url.path.rstrip("/") + path, body, sent)
                answer = connection.getresponse()
                if answer.status < http.HTTPStatus.BAD_REQUEST:
                    # http.client takes a head that was cut short for a whole one. The service
                    # repeats the id at its end.
                    if answer.getheader("X-Request-Id") != request_id:
                        raise http.client.BadStatusLine("the head of the answer is cut short")
                    return answer
                said = answer.read()
            except _LOST:
                connection.close()
                if left == 0:
                    raise
                time.sleep(0.5)
                continue
            if answer.status not in _NO_ROOM or left == 0:
                raise _refusal(answer.status, said)
            time.sleep(float(answer.getheader("Retry-After") or 1.0))
        raise AssertionError("the last try returns or raises")


def _refusal(status: int, said: bytes) -> SonantError:
    try:
        error = json.loads(said)["error"]
        return SonantError(status, error["code"], error["message"], error["field"])
    except (
        ValueError,
        KeyError,
        TypeError,
    ):  # something between here and the service answers in words of its own
        return SonantError(status, "unknown", said.decode(errors="replace"), None)


def main() -> None:
    """Speaks to a file, or to standard output."""
    parser = argparse.ArgumentParser(description="Speak a text by a Sonant service.")
    parser.add_argument("text")
    parser.add_argument(
        "-o", "--output", default="-", help="a file, or - for standard output (%(default)s)"
    )
    parser.add_argument("--url", default="http://localhost:8000")
    parser.add_argument("--key", help="an API key")
    options = parser.parse_args()
    with sys.stdout.buffer if options.output == "-" else open(options.output, "wb") as file:  # noqa: PTH123
        try:
            for piece in Sonant(options.url, key=options.key).stream({"text": options.text}):
                file.write(piece)
                file.flush()
        except SonantError as error:
            sys.exit(f"{error.field or 'refused'}: {error}")


if __name__ == "__main__":
    main()
