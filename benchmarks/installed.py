"""Megabytes of each distribution in this Python's environment, largest first.

    python benchmarks/installed.py [--without pip] [--base 119.2 --most 250]

It counts the bytes of all files that the distributions have recorded, compiled bytecode included.
`--base`: megabytes of what the environment is put on, as a container image, which is added.
`--most`: fails where the sum is larger.
It needs nothing but the Python that runs it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from importlib.metadata import Distribution, distributions
from pathlib import Path

MEGABYTE = 1_000_000


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="megabytes of this Python's environment")
    parser.add_argument("--without", nargs="*", default=[], help="distributions not to count")
    parser.add_argument("--base", type=float, default=0.0, help="megabytes that are added")
    parser.add_argument("--most", type=float, default=float("inf"), help="megabytes of the sum")
    options = parser.parse_args(arguments)
    sizes = {
        distribution.name: recorded_bytes(distribution) / MEGABYTE
        for distribution in distributions()
        if distribution.name not in options.without
    }
    total = round(sum(sizes.values()) + options.base, 1)
    report = {
        "megabytes": {name: round(sizes[name], 1) for name in largest_first(sizes)},
        "base": options.base,
        "sum": total,
    }
    print(json.dumps(report, indent=2))
    if total > options.most:
        parser.exit(1, f"{total} MB are more than {options.most:g}\n")


def recorded_bytes(distribution: Distribution) -> int:
    """Of the files that are there: some have been removed from images."""
    paths = (Path(str(file.locate())) for file in distribution.files or ())
    return sum(path.stat().st_size for path in paths if path.is_file())


def largest_first(sizes: dict[str, float]) -> Iterable[str]:
    return sorted(sizes, key=lambda name: -sizes[name])


if __name__ == "__main__":
    main()
