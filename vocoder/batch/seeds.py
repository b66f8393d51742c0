"""Seeds of lines that name none: a function of the run's seed and the line's id, so that no order of the list or of the work can change a byte."""

from __future__ import annotations

import hashlib

from vocoder.errors import InputError
from vocoder.synthesis.settings import MAX_SEED

_BITS = 53  # what every JSON reader keeps: JavaScript's numbers are exact up to 2**53


def check_base(seed: int) -> int:
    """The seed of a run.

    Raises:
        InputError: it does not lie in 0..2**64-1; `field` is "seed".
    """
    if not 0 <= seed <= MAX_SEED:
        raise InputError(f"seed must lie in 0..2**64-1, not {seed}", field="seed")
    return seed


def derived_seed(base: int, identity: str) -> int:
    """The first 53 bits of the SHA-256 of "BASE:ID" in UTF-8, BASE in decimal.

    Args:
        base: of the run, 0..2**64-1.
        identity: of the line.
    """
    digest = hashlib.sha256(f"{base}:{identity}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - _BITS)
