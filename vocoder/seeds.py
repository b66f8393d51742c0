"""Seeds of streams: their range, random ones, and those of list entries that name none."""

from __future__ import annotations

import hashlib
import secrets

from vocoder.errors import InputError

MAX_SEED = 2**64 - 1  # a seed is the key of Philox (`vocoder.engine.philox`)
# of a seed that we choose: JavaScript's numbers, and so those of many JSON readers, are exact up to
# 2**53
JSON_BITS = 53


def choose_seed(seed: int | None) -> int:
    """The seed of a stream: the one asked for, or a random one below 2**53. Raises as
    `check_seed`.
    """
    return secrets.randbits(JSON_BITS) if seed is None else check_seed(seed)


def check_seed(seed: int) -> int:
    """The seed that was given.

    Raises:
        InputError: it does not lie in 0..2**64-1; `field` is "seed".
    """
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed must lie in 0..2**64-1, not {seed}", field="seed")
    return seed


def derived_seed(base: int, identity: str) -> int:
    """The first 53 bits of the SHA-256 of "BASE:ID" in UTF-8, BASE in decimal: neither the order of
    a list nor that of the work changes it.

    Args:
        base: of the list, 0..2**64-1.
        identity: of the entry.
    """
    digest = hashlib.sha256(f"{base}:{identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - JSON_BITS)
