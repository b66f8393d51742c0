"""Limits for each client. It decides only; callers pass the time.

A client is known by its address and, where it has shown one, by its API key. Each of the two may be
limited in streams that are open at
once, and in requests: a bucket holds a minute's worth and fills up evenly.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from service.settings import ServiceSettings
from vocoder.errors import ClientLimitError

_MINUTE = 60.0
_FORGET_AT = 4096  # names that are remembered before those without effect are dropped


@dataclass(frozen=True, kw_only=True)
class Client:
    """A client.

    Attributes:
        address: of the other end, or what a trusted proxy says it is.
        key: the name of the API key; None where none was shown.
    """

    address: str
    key: str | None = None


@dataclass(kw_only=True)
class _Account:
    streams: int = 0
    requests: float = 0.0  # in the last minute, draining evenly
    at: float = 0.0

    def requests_at(self, now: float, per_minute: int) -> float:
        return max(0.0, self.requests - (now - self.at) * per_minute / _MINUTE)


@dataclass(kw_only=True)
class _LimitKind:
    what: str
    streams: int | None
    per_minute: int | None
    accounts: dict[str, _Account] = field(default_factory=dict)


class ClientLimits:
    """Streams and requests of each client. Times are monotonic seconds."""

    def __init__(self, settings: ServiceSettings) -> None:
        self._address = _LimitKind(
            what="address",
            streams=settings.address_streams,
            per_minute=settings.address_requests_per_minute,
        )
        self._key = _LimitKind(
            what="API key",
            streams=settings.key_streams,
            per_minute=settings.key_requests_per_minute,
        )
        self._inside: dict[int, Client] = {}

    def check(self, client: Client) -> None:
        """Whether one more stream is allowed. Changes nothing.

        Raises:
            ClientLimitError: naming the limit.
        """
        for kind, name in self._names(client):
            account = kind.accounts.get(name, _Account())
            if kind.streams is not None and account.streams >= kind.streams:
                raise ClientLimitError(
                    (
                        f"this {kind.what} has {account.streams} streams open, which is as many as "
                        f"it may"
                    ),
                    retry_after_seconds=1.0,
                )

    def enter(self, number: int, client: Client) -> None:
        """Adds a stream, by its number."""
        self._inside[number] = client
        for kind, name in self._names(client):
            kind.accounts.setdefault(name, _Account()).streams += 1

    def request(self, client: Client, now: float) -> None:
        """Counts a request.

        Raises:
            ClientLimitError: this client has made as many as it may; it is not counted then.
        """
        names = [(kind, name) for kind, name in self._names(client) if kind.per_minute is not None]
        for kind, name in names:
            self._check_requests(kind, kind.accounts.get(name, _Account()), now)
        for kind, name in names:
            self._account(kind, name, now)

    @staticmethod
    def _check_requests(kind: _LimitKind, account: _Account, now: float) -> None:
        if (
            kind.per_minute is not None
            and (over := account.requests_at(now, kind.per_minute) + 1 - kind.per_minute) > 0
        ):
            seconds = over * _MINUTE / kind.per_minute
            raise ClientLimitError(
                f"this {kind.what} may make {kind.per_minute} requests in a minute",
                retry_after_seconds=seconds,
            )

    def _account(self, kind: _LimitKind, name: str, now: float) -> _Account:
        """Of a name that has made one more request."""
        if len(kind.accounts) >= _FORGET_AT:
            self._forget(kind, now)
        account = kind.accounts.setdefault(name, _Account())
        if kind.per_minute is not None:
            account.requests = account.requests_at(now, kind.per_minute) + 1
        account.at = now
        return account

    def leave(self, number: int) -> None:
        """Removes a stream; an unknown one is no error."""
        client = self._inside.pop(number, None)
        if client is None:
            return
        for kind, name in self._names(client):
            account = kind.accounts[name]
            account.streams -= 1
            if account.streams == 0 and account.requests == 0:
                del kind.accounts[name]

    def _names(self, client: Client) -> list[tuple[_LimitKind, str]]:
        return [
            (self._address, client.address),
            *([] if client.key is None else [(self._key, client.key)]),
        ]

    @staticmethod
    def _forget(kind: _LimitKind, now: float) -> None:
        """Those that have nothing open, and whose requests are a minute old, are as good as
        unknown.
        """
        kept = {
            name: account
            for name, account in kind.accounts.items()
            if account.streams > 0 or now - account.at < _MINUTE
        }
        kind.accounts = kept
