"""Every error that Sonant raises on purpose.

SonantError
├── InputError      what the caller sent is wrong; `field` names the offending field, option or file
│   ├── TextError   text that cannot be spoken (empty, too long, nothing speakable in it)
│   └── AudioError  a recording that cannot be read or is not what was asked for
├── ConfigError     a configuration that contradicts itself (raised by `__post_init__` of the
configs) ├── VoiceError      a voice pack that is missing, damaged or made for other features
├── EngineError     an engine that cannot run here, or a stream state that does not fit it
└── CapacityError   no room for another stream now; `retry_after_seconds` says when to ask again
    └── ClientLimitError  this one client has as much as it may, whatever room there is

Users meet these; `assert` is kept for what only a defect in Sonant could break.
"""

from __future__ import annotations


class SonantError(Exception):
    """Root of the tree: catching it catches everything that Sonant raises on purpose."""


class InputError(SonantError):
    """What the caller sent is wrong.

    Attributes:
        field: the request field, command-line option or file that is at fault.
    """

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class TextError(InputError):
    """Text that cannot be spoken."""

    def __init__(self, message: str, *, field: str = "text") -> None:
        super().__init__(message, field=field)


class AudioError(InputError):
    """A recording that cannot be read, or is not what was asked for; `field` is its path."""


class ConfigError(SonantError):
    """A configuration that contradicts itself."""


class VoiceError(SonantError):
    """A voice pack that is missing, damaged, or made for other features than this release
    computes.
    """


class EngineError(SonantError):
    """An engine that cannot run here, or a stream state that does not fit the engine."""


class CapacityError(SonantError):
    """No room for another stream.

    Attributes:
        retry_after_seconds: when it is worth asking again.
    """

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ClientLimitError(CapacityError):
    """No more for this client now, whatever room there is for others."""
