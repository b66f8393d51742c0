"""API keys: a file of names and hashes, so that whoever reads the file can ask for nothing.

    python -m service.keys NAME >> keys.txt        the key itself goes to standard error, once

Keys are random and long, so a plain SHA-256 is enough: there is nothing to guess that a slow hash
would protect.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

from vocoder.errors import ConfigError

_LINE = re.compile(r"(?P<name>[A-Za-z0-9._-]{1,64}) (?P<hash>[0-9a-f]{64})")


@dataclass(frozen=True, kw_only=True)
class ApiKeys:
    """The keys that are good.

    Attributes:
        hashes: pairs of a name and the SHA-256 of its key, in hexadecimal.
    """

    hashes: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, path: Path) -> ApiKeys:
        """The keys of a file: a name and a hash in each line; empty lines and those that begin with
        # do not count.

        Raises:
            ConfigError: it cannot be read, a line is neither, or there is no key.
        """
        try:
            lines = path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"the keys in {path} cannot be read: {error}") from error
        hashes = []
        for number, line in enumerate(lines, 1):
            if not line.strip() or line.startswith("#"):
                continue
            found = _LINE.fullmatch(line.strip())
            if found is None:
                raise ConfigError(f"{path}, line {number}: not a name and a SHA-256 in hexadecimal")
            hashes.append((found["name"], found["hash"]))
        if not hashes:
            raise ConfigError(f"there is no key in {path}")
        return cls(hashes=tuple(hashes))

    def name_of(self, key: str) -> str | None:
        """Whose key this is; None where it is nobody's. Takes as long for every key."""
        shown = _hash(key)
        found = None
        for name, good in self.hashes:
            if hmac.compare_digest(shown, good):
                found = name
        return found


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def make_key(name: str) -> tuple[str, str]:
    """A new key, and the line that makes it good.

    Raises:
        ConfigError: the name cannot stand in the file.
    """
    key = f"sonant-{secrets.token_urlsafe(32)}"
    line = f"{name} {_hash(key)}"
    if not _LINE.fullmatch(line):
        raise ConfigError("a key's name is up to 64 letters, digits, dots, underscores and hyphens")
    return key, line


def main() -> int:
    """Makes a key."""
    if len(sys.argv) != 2:
        print("usage: python -m service.keys NAME >> FILE", file=sys.stderr)
        return 2
    try:
        key, line = make_key(sys.argv[1])
    except ConfigError as error:
        print(f"no key: {error}", file=sys.stderr)
        return 2
    print(line)
    print(f"the key of {sys.argv[1]}, told only now: {key}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
