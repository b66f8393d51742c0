"""What every client must do, whatever it is written in: the cases, and what must come of each."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
import pytest

from tests.service.clients.flaky import Fate, FlakyProxy
from vocoder.audio.pcm import to_bytes
from vocoder.synthesis.voice import Voice

TEXT = "Good day to you all. Yes."
Kind = Literal["stream", "events"]
# the service's address, an order, what for: what tests/service/clients/check.mjs gives
Client = Callable[[str, dict[str, Any], Kind], dict[str, Any]]

# Heads of answers are some hundred bytes, so the first of these is lost before any sound.
LOSSES = [(100,), (701,), (1_500, 1_400), (900, 801, 700), (3_001, 100, 2_000)]


def gone() -> bytes:
    body = json.dumps(
        {"error": {"code": "unknown_stream", "message": "there is no such stream", "field": None}}
    ).encode()
    lines = (
        "HTTP/1.1 404 Not Found",
        "content-type: application/json",
        "access-control-allow-origin: *",
        f"content-length: {len(body)}",
        "connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode() + body


def no_room(seconds: float) -> bytes:
    body = json.dumps(
        {"error": {"code": "at_capacity", "message": "no room", "field": None}}
    ).encode()
    lines = ("HTTP/1.1 503 Service Unavailable", f"retry-after: {seconds:g}",
        "content-type: application/json", "access-control-allow-origin: *",
             "access-control-expose-headers: retry-after", f"content-length: {len(body)}",
             "connection: close", "", "")  # fmt: skip
    return "\r\n".join(lines).encode() + body


def ranges(proxy: FlakyProxy) -> list[int]:
    """From which byte on each request but the first asked, of those for a stream that had begun."""
    return [
        int(line.removeprefix("range: bytes=").removesuffix("-"))
        for head in proxy.requests
        for line in head
        if line.startswith("range:")
    ]


class ClientLaws:
    """Inherited by the tests of each client, which have a fixture `client`."""

    @pytest.mark.parametrize("losses", [(), *LOSSES], ids=str)
    @pytest.mark.parametrize("form", ["wav", "pcm"])
    def test_what_arrives_is_what_was_made(
        self, client: Client, proxy: FlakyProxy, voice: Voice, form: str, losses: tuple[Fate, ...]
    ) -> None:
        proxy.fates.extend(losses)
        heard = client(proxy.url, {"text": TEXT, "seed": 3, "format": form}, "stream")
        assert bytes(heard["bytes"])[44 if form == "wav" else 0 :] == to_bytes(
            voice.synthesize(TEXT, seed=3)
        )
        assert len(proxy.fates) == 0
        asked = ranges(proxy)
        assert asked == sorted(asked)
        # lost within its first head, an answer cannot be picked up: it is asked for anew
        assert len(asked) == len(losses) - (losses[:1] == (100,))

    @pytest.mark.parametrize("losses", [(), (2_001, 1_500)], ids=str)
    def test_a_format_without_a_length_is_picked_up_too(
        self, client: Client, proxy: FlakyProxy, losses: tuple[Fate, ...]
    ) -> None:
        order = {"text": TEXT, "seed": 3, "format": "mp3"}
        undisturbed = client(proxy.url, order, "stream")["bytes"]
        proxy.fates.extend(losses)
        assert client(proxy.url, order, "stream")["bytes"] == undisturbed
        assert len(undisturbed) > 1_000
        assert len(proxy.fates) == 0

    @pytest.mark.parametrize("losses", [(), (1_801, 2_500)], ids=str)
    def test_events(
        self, client: Client, proxy: FlakyProxy, voice: Voice, losses: tuple[Fate, ...]
    ) -> None:
        proxy.fates.extend(losses)
        heard = client(proxy.url, {"text": TEXT, "seed": 3}, "events")
        kinds = [event["type"] for event in heard["events"]]
        assert (kinds[0], kinds[-1], kinds.count("sentence"), kinds.count("word")) == (
            "start",
            "end",
            2,
            6,
        )
        assert np.array_equal(np.array(heard["samples"], np.int16), voice.synthesize(TEXT, seed=3))
        assert len(proxy.fates) == 0

    def test_where_there_is_no_room_it_comes_again(
        self, client: Client, proxy: FlakyProxy, voice: Voice
    ) -> None:
        proxy.fates.extend([no_room(0.2), no_room(0.1), 1_501, no_room(0.1)])
        heard = client(proxy.url, {"text": TEXT, "seed": 3, "format": "pcm"}, "stream")
        assert bytes(heard["bytes"]) == to_bytes(voice.synthesize(TEXT, seed=3))
        assert len(proxy.requests) == 5

    @pytest.mark.parametrize("form", ["wav", "mp3"])
    @pytest.mark.parametrize("losses", [(1_501,), (1_501, 2_001)], ids=str)
    def test_where_nobody_knows_the_stream_any_more_it_is_asked_for_anew(
        self,
        client: Client,
        proxy: FlakyProxy,
        monkeypatch: pytest.MonkeyPatch,
        form: str,
        losses: tuple[Fate, ...],
    ) -> None:
        """As behind a balancer, where the server that spoke is gone. Each order without a seed
        would get another: the client must ask for the same.
        """
        seeds = itertools.count(11)
        monkeypatch.setattr("vocoder.seeds.secrets.randbits", lambda _: next(seeds))
        for loss in losses:
            proxy.fates.extend([loss, gone()])
        heard = client(proxy.url, {"text": TEXT, "format": form}, "stream")["bytes"]
        assert next(seeds) == 12
        assert [head[0].split()[0] for head in proxy.requests] == [
            "post",
            *["get", "post"] * len(losses),
        ]
        assert (
            heard
            == client(proxy.url, {"text": TEXT, "format": form, "seed": 11}, "stream")["bytes"]
        )

    def test_but_not_for_ever(self, client: Client, proxy: FlakyProxy) -> None:
        proxy.fates.extend([no_room(0.05)] * 4)
        refused = client(proxy.url, {"text": TEXT}, "stream")
        assert refused == {
            "status": 503,
            "code": "at_capacity",
            "message": "no room",
            "field": None,
        }
        assert len(proxy.requests) == 4

    def test_an_order_that_is_wrong_is_told_by_its_field(
        self, client: Client, proxy: FlakyProxy
    ) -> None:
        refused = client(proxy.url, {"text": TEXT, "pitch": 99}, "stream")
        assert (refused["status"], refused["code"], refused["field"]) == (
            422,
            "invalid_value",
            "pitch",
        )
        assert "12" in refused["message"]
        assert len(proxy.requests) == 1

    def test_words_that_are_not_the_services_are_an_error_too(
        self, client: Client, proxy: FlakyProxy
    ) -> None:
        proxy.fates.append(
            b"HTTP/1.1 502 Bad Gateway\r\naccess-control-allow-origin: *\r\nconnection: "
            b"close\r\ncontent-length: 9\r\n\r\n<h1>no</h"
        )
        refused = client(proxy.url, {"text": TEXT}, "stream")
        assert (refused["status"], refused["code"], refused["field"]) == (502, "unknown", None)

    def test_a_connection_that_never_holds_is_given_up(
        self, client: Client, proxy: FlakyProxy
    ) -> None:
        proxy.fates.extend([1_500, *[0] * 20])
        assert "lost" in client(proxy.url, {"text": TEXT, "seed": 3}, "stream")
        assert len(proxy.requests) <= 6
