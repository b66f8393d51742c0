"""Who asked to be told that a job has ended is told: signed, again if need be, and never within
this network unless that is allowed.
"""

from __future__ import annotations

import asyncio
import base64
import dataclasses
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.jobs import webhooks
from service.jobs.store import DueWebhook, JobStore, NewLine
from service.jobs.webhooks import Webhooks, check_url, signature_of
from service.settings import ServiceSettings
from tests.service.http.test_streaming import eventually
from tests.service.jobs.test_jobs import JOB, ended, ordered
from vocoder.errors import InputError


class Listener(HTTPServer):
    """Answers with `statuses`, one after the other, the last again and again; keeps what it was
    told.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses = [200]
        self.told: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://localhost:{self.server_port}/told?x=1"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.told.append(
            (
                {name.lower(): value for name, value in self.headers.items()} | {"path": self.path},
                body,
            )
        )
        status = (
            self.server.statuses.pop(0)
            if len(self.server.statuses) > 1
            else self.server.statuses[0]
        )
        self.send_response(status)
        if status == 302:
            self.send_header("location", self.server.url)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def listener() -> Iterator[Listener]:
    server = Listener()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def test_who_asked_is_told(
    keeping: ServiceSettings,
    worker: Supervisor,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webhooks, "_AGAIN_SECONDS", (0.0, 0.0, 0.0))
    listener.statuses = [500, 302, 204]
    app = create_app(dataclasses.replace(keeping, webhooks_to_private=True), worker=worker)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app), base_url="http://sonant"
        ) as client,
    ):
        told = await ordered(client, JOB | {"webhook": listener.url})
        job = await ended(client, told["id"])
        assert "webhook_secret" not in job
        await eventually(lambda: len(listener.told) == 3)
    for headers, body in listener.told:
        assert headers["path"] == "/told?x=1"
        assert headers["host"] == f"localhost:{listener.server_port}"
        assert json.loads(body) == {"type": "job.ended", "data": job}
        assert headers["webhook-id"] == f"msg_{job['id']}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 30
        key = base64.b64decode(told["webhook_secret"].removeprefix("whsec_"))
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        assert (
            headers["webhook-signature"]
            == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        )


def test_signatures_are_those_of_the_standard() -> None:
    """Its own example (https://github.com/standard-webhooks/standard-webhooks, spec, "Signature
    scheme").
    """
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    assert (
        signature_of(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
        == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )


@pytest.fixture
def store(folder: Path) -> Iterator[JobStore]:
    store = JobStore(folder)
    yield store
    store.close()


def finished(store: JobStore, url: str, *, job: str = "job") -> None:
    store.add(
        job,
        [NewLine(id="one", request="{}")],
        owner=None,
        webhook=url,
        webhook_secret="whsec_AAAA",
    )
    store.cancel(job)


async def test_it_is_given_up_in_the_end(
    store: JobStore,
    listener: Listener,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(webhooks, "_AGAIN_SECONDS", (0.0, 0.0))
    listener.statuses = [404]
    finished(store, listener.url)
    for attempt in range(3):
        due = store.due_webhook()
        assert due is not None
        assert due.attempts == attempt
        await Webhooks(store, private=True)._notify(due)
    assert store.due_webhook() is None
    assert len(listener.told) == 3
    assert "given up: it answered 404" in caplog.text


async def test_a_name_of_this_network_is_not_told(store: JobStore, listener: Listener) -> None:
    """Whoever gives the name of a private address sees nothing but that nobody was told."""
    finished(store, listener.url)
    due = store.due_webhook()
    assert due is not None
    await Webhooks(store, private=False)._notify(due)
    assert not listener.told
    assert store.due_webhook() is None  # until it is tried again


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://[::1]/", "http://10.1.2.3/",
        "http://169.254.169.254/latest/meta-data", "http://[::ffff:192.168.0.1]/",
        "http://0.0.0.0/",
        "http://224.0.0.1/", "http://[fe80::1]/", "http://100.64.0.1/",
        "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://[fec0::1]/",
        "http://[::7f00:1]/", "http://192.0.0.9/", "http://[2001:0:7f00:1::]/",
    ],
)  # fmt: skip
def test_addresses_of_this_network(url: str) -> None:
    with pytest.raises(InputError, match="private network") as caught:
        check_url(url, private=False)
    assert caught.value.field == "webhook"
    check_url(url, private=True)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "ftp://example.com/",
        "http://",
        "http://me@example.com/",
        "http://example.com:99999/",
        "http://exa mple.com/",
    ],
)
def test_what_is_no_address(url: str) -> None:
    for private in (True, False):
        with pytest.raises(InputError):
            check_url(url, private=private)


def test_public_addresses_are_good() -> None:
    for url in (
        "https://example.com/x?y=z",
        "http://93.184.216.34:8080/",
        "https://[2606:2800:220:1:248:1893:25c8:1946]/",
    ):
        check_url(url, private=False)


def test_a_retry_waits(store: JobStore) -> None:
    finished(store, "https://example.com/")
    for again_at, is_due in ((time.time() + 100, False), (time.time() - 1, True), (None, False)):
        store.mark_sent("job", again_at=again_at)
        assert (store.due_webhook() is not None) == is_due


async def test_a_slow_address_holds_nobody_up(
    store: JobStore, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answers never; the others are told meanwhile, and it is given up in time."""
    monkeypatch.setattr(webhooks, "_TOTAL_SECONDS", 0.5)
    finished(store, "http://127.0.0.1:1/", job="slow")
    for number in range(3):
        finished(store, listener.url, job=f"job{number}")
    told = Webhooks(store, private=True)

    async def post(due: DueWebhook, body: bytes) -> int:
        if due.job == "slow":
            await asyncio.sleep(60)
        return await own(due, body)

    own = told._post
    monkeypatch.setattr(told, "_post", post)
    running = asyncio.create_task(told.run())
    begun = time.monotonic()
    await eventually(lambda: len(listener.told) == 3)
    assert time.monotonic() - begun < 0.5
    await eventually(lambda: store.due_webhook() is None)
    assert time.monotonic() - begun < 5
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
