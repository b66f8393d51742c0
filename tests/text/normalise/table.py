"""The table of readings: what is written, and how an American reads it aloud; in `table.tsv`, by
group.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Row:
    """One reading."""

    group: str
    written: str
    spoken: str


def rows() -> list[Row]:
    header, *lines = (
        (Path(__file__).parent / "table.tsv").read_text(encoding="utf-8").rstrip("\n").split("\n")
    )
    assert header == "group\twritten\tspoken"
    fields = [line.split("\t") for line in lines]
    return [Row(group=group, written=written, spoken=spoken) for group, written, spoken in fields]
