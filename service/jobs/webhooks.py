"""Tells an address that a job has ended: signed (https://www.standardwebhooks.com), tried again,
and never an address of this network unless that is allowed.

Whoever orders a job names the address, and this machine may reach what they cannot: so the name is
resolved here, every address that it has must be public, and it is that address which is connected
to, whatever the name says a moment later.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import logging
import secrets
import socket
import time
from functools import partial

import httpx
from pydantic import HttpUrl, TypeAdapter, ValidationError

from service.jobs.requests import JobAnswer
from service.jobs.store import DueWebhook, JobStore, retry_while_busy
from vocoder.errors import InputError

log = logging.getLogger(__name__)
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_URL = TypeAdapter(HttpUrl)
_PREFIX = "whsec_"
_PORTS = {"http": 80, "https": 443}
_TIMEOUT_SECONDS = 10.0  # of each step
_TOTAL_SECONDS = 20.0
_AT_ONCE = 8  # addresses that are told at once: a slow one holds nobody up
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")  # of which Python calls two addresses global
# after each attempt that failed; then it is given up
_AGAIN_SECONDS = (
    5.0,
    60.0,
    600.0,
    3_600.0,
    6 * 3_600.0,
)
_LOOK_SECONDS = 5.0


def make_secret() -> str:
    """A secret to sign with, in the form of that standard."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(24)).decode()


def signature_of(secret: str, message: str, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = b".".join([message.encode(), str(timestamp).encode(), body])
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def check_url(url: str, *, private: bool) -> httpx.URL:
    """An address that may be told, as far as that can be seen without asking for its name.

    Args:
        url: as it was given.
        private: whether addresses of this network are allowed.

    Raises:
        InputError: field "webhook".
    """
    try:
        parsed = httpx.URL(str(_URL.validate_python(url)))
    except ValidationError as error:
        raise InputError(
            f"the webhook must be a URL of http or https: {error.errors()[0]['msg']}",
            field="webhook",
        ) from error
    if parsed.userinfo:
        raise InputError("the webhook must have no name or password in it", field="webhook")
    try:
        address = ipaddress.ip_address(parsed.host)
    except ValueError:
        return parsed
    if not private:
        _check_public(address)
    return parsed


def _check_public(address: Address) -> None:
    if not all(map(_is_public, (address, *_inner(address)))):
        raise InputError(
            (
                "the webhook is an address of a private network: the service was started without "
                "--webhooks-to-private"
            ),
            field="webhook",
        )


def _is_public(address: Address) -> bool:
    if address.is_multicast or getattr(address, "is_site_local", False):
        return False
    if isinstance(address, ipaddress.IPv4Address) and address in _PROTOCOLS:
        return False
    return address.is_global or bool(_inner(address))


def _inner(address: Address) -> list[ipaddress.IPv4Address]:
    """The IPv4 addresses inside an address of IPv6, which a gateway or this machine would reach."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
    if address in _NAT64 or address in _COMPATIBLE:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


class Webhooks:
    """Tells whoever is to be told.

    Args:
        store: of the jobs.
        private: whether addresses of this network may be told.
    """

    def __init__(self, store: JobStore, *, private: bool) -> None:
        self._store = store
        self._private = private
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """A job may have ended."""
        self._changed.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        telling: set[str] = set()

        async def tell(due: DueWebhook) -> None:
            try:
                await self._notify(due)
            finally:
                telling.discard(due.job)
                self._changed.set()

        async with asyncio.TaskGroup() as group:
            while True:
                self._changed.clear()
                while len(telling) < _AT_ONCE and (
                    due := await retry_while_busy(partial(self._store.due_webhook, telling))
                ):
                    telling.add(due.job)
                    group.create_task(tell(due))
                try:
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._changed.wait()
                except TimeoutError:
                    pass  # some may be due again

    async def _notify(self, due: DueWebhook) -> None:
        job = await retry_while_busy(partial(self._store.job, due.job))
        if job is None:
            return
        event = {"type": "job.ended", "data": JobAnswer.of(job, time.time()).model_dump()}
        try:
            async with asyncio.timeout(_TOTAL_SECONDS):  # httpx's own begin anew with every byte
                status = await self._post(due, json.dumps(event).encode())
            told, why = 200 <= status < 300, f"it answered {status}"
        except (httpx.HTTPError, OSError, InputError) as error:
            told, why = False, str(error) or type(error).__name__
        if told:
            await retry_while_busy(partial(self._store.mark_sent, due.job, again_at=None))
            return
        if due.attempts < len(_AGAIN_SECONDS):
            await retry_while_busy(
                partial(
                    self._store.mark_sent,
                    due.job,
                    again_at=time.time() + _AGAIN_SECONDS[due.attempts],
                )
            )
        else:
            log.warning("the webhook of job %s is given up: %s", due.job, why)
            await retry_while_busy(partial(self._store.mark_sent, due.job, again_at=None))

    async def _post(self, due: DueWebhook, body: bytes) -> int:
        url = check_url(due.url, private=self._private)
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, url.port or _PORTS[url.scheme], type=socket.SOCK_STREAM
        )
        addresses = [ipaddress.ip_address(one[4][0]) for one in found]
        if not self._private:
            for address in addresses:
                _check_public(address)
        timestamp, message = int(time.time()), f"msg_{due.job}"
        headers = {
            "host": url.netloc.decode(),
            "content-type": "application/json",
            "webhook-id": message,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature_of(due.secret, message, timestamp, body),
        }
        async with httpx.AsyncClient(
            timeout=_TIMEOUT_SECONDS, follow_redirects=False, trust_env=False
        ) as client:
            target = url.copy_with(host=str(addresses[0]))
            async with client.stream(
                "POST", target, content=body, headers=headers, extensions={"sni_hostname": url.host}
            ) as answer:
                return answer.status_code  # what it has to say beside is not read
