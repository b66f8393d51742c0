"""Names of files, out of ids that nobody chose with file systems in mind.

An id that is a fine name everywhere is the name. Any other gets what is left of it and a
fingerprint of the whole: "Kapitel 1/Anfang" becomes "Kapitel-1-Anfang-" and twelve digits. Fine
everywhere means letters, digits, dots, hyphens and underscores of ASCII, at most 100, neither a dot
nor a hyphen first, no dot last, and none of the names that Windows keeps for devices. Names that
differ in case alone are one name on many systems, so the second of them gets a fingerprint too.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from itertools import count

LONGEST = 100  # bytes, of 255: the temporary name is longer, and so is one with an extension
_FINE = re.compile(rf"[A-Za-z0-9_][A-Za-z0-9._-]{{0,{LONGEST - 1}}}(?<!\.)")
_NOT_FINE = re.compile(r"[^A-Za-z0-9_]+")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE | re.ASCII)
_FINGERPRINT = 12  # hexadecimal digits
_SLUG = 60  # characters that are kept beside a fingerprint


def is_fine(name: str) -> bool:
    """Whether a name, without its extension, is one on every file system."""
    return _FINE.fullmatch(name) is not None and _DEVICES.fullmatch(name) is None


class Names:
    """Gives each id a name that no other has. The names of ids that are told first are the
    plainest: so the same list gives the same names.
    """

    def __init__(self) -> None:
        self._taken: dict[str, bytes] = {}  # names in lower case, and whose they are

    def keep(self, identity: str, name: str) -> None:
        """This id has had this name, in a run before this one."""
        self._taken.setdefault(name.lower(), _digest(identity))

    def of(self, identity: str) -> str:
        """The name of an id: ASCII, at most `LONGEST` characters, the same each time."""
        owner = _digest(identity)
        for attempt in count():
            name = _candidate(identity, attempt)
            if self._taken.setdefault(name.lower(), owner) == owner:
                return name
        raise AssertionError("count() does not end")


def _candidate(identity: str, attempt: int) -> str:
    if attempt == 0 and is_fine(identity):
        return identity
    plain = unicodedata.normalize("NFKD", identity).encode("ascii", "ignore").decode()
    slug = _NOT_FINE.sub("-", plain).strip("-")[:_SLUG].rstrip("-") or "id"
    return f"{slug}-{hashlib.sha256(f'{attempt}:{identity}'.encode()).hexdigest()[:_FINGERPRINT]}"


def _digest(identity: str) -> bytes:
    return hashlib.sha256(identity.encode()).digest()[:16]
