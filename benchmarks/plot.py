"""A picture of what `sonant bench --json` printed: times real time over streams, a line for each
precision and number of threads.

python benchmarks/plot.py benchmarks/RESULT.json -o picture.svg
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure


def lines(rows: list[dict[str, Any]]) -> dict[str, list[tuple[int, float]]]:
    """By label, (streams, times real time) of the instruction set that was measured with most
    streams.
    """
    native = [row for row in rows if row["engine"] == "native"]
    fastest = max(
        {row["isa"] for row in native}, key=lambda isa: sum(row["isa"] == isa for row in native)
    )
    found: dict[str, list[tuple[int, float]]] = {}
    for row in native:
        if row["isa"] == fastest:
            label = (
                f"{row['precision']}, {row['threads']} thread{'s' if row['threads'] > 1 else ''}"
            )
            found.setdefault(label, []).append((row["streams"], row["real_time_factor"]))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("result", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    report = json.loads(options.result.read_text("utf-8"))
    figure = Figure(figsize=(7, 4.5), layout="constrained")
    axes = figure.subplots()
    for label, points in sorted(lines(report["rows"]).items()):
        axes.plot(*zip(*sorted(points), strict=True), marker="o", label=label)
    axes.set_xscale("log", base=2)
    axes.set_xlabel("streams that share a call")
    axes.set_ylabel("times real time, all streams together")
    axes.set_title(
        (
            f"{report['machine']['processor']}, {report['network']['multiply_adds']:,} "
            f"multiply-adds per sample"
        ),
        fontsize=9,
    )
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(options.output)


if __name__ == "__main__":
    main()
