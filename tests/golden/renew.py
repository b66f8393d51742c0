"""Rewrites the golden values for a new release of the shipped voice: `python -m
tests.golden.renew`.

Run it when the voice's weights or manifest have changed on purpose, and say so in CHANGELOG.md:
whoever speaks with this voice hears other samples. Where a test of this folder fails and no new
voice was meant, the code has changed what it must not.

It takes about a minute and prints what changed.
"""

from __future__ import annotations

from tests.golden.values import CODES, VALUES, compute, read_codes, read_values, write


def main() -> None:
    """Computes, compares with what is stored, and stores."""
    values, codes = compute()
    if VALUES.is_file() and CODES.is_file():
        before, codes_before = read_values(), read_codes()
        for name, now in values["sentences"].items():
            changed = [
                part for part in now if before["sentences"].get(name, {}).get(part) != now[part]
            ]
            if name not in codes_before or (codes_before[name] != codes[name]).any():
                changed.append("codes")
            print(f"{name}: {', '.join(changed) or 'unchanged'}")
        for name, bits in values["bits_per_sample"].items():
            print(f"{name}: {before['bits_per_sample'].get(name)} -> {bits} bits per sample")
    write(values, codes)


if __name__ == "__main__":
    main()
