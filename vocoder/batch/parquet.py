"""Parquet, the columns of data tools: lists that are read from it, and the manifest once more.
Needs pyarrow, the extra `batch`.

Both ways go a few rows at a time: neither list nor manifest is ever in memory.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from vocoder.audio.whole_file import whole_file
from vocoder.batch.list_entries import check_fields
from vocoder.errors import InputError
from vocoder.text import INPUT_FIELDS

if TYPE_CHECKING:
    import pyarrow

NEEDED = "needs pyarrow, which is not installed: pip install 'sonant[batch]'"
_ROWS_READ, _ROWS_WRITTEN = 32, 4_096


def is_installed() -> bool:
    """Whether Parquet can be read and written here."""
    return importlib.util.find_spec("pyarrow") is not None


def read_rows(file: BinaryIO) -> Iterator[tuple[int, Mapping[str, object]]]:
    """Every row with its number, from 1; its values are as Parquet has them.

    Args:
        file: seekable.

    Raises:
        InputError: pyarrow is missing, the file is not Parquet or damaged, or has columns that
            nobody knows; `field` is "list".
    """
    if not is_installed():
        raise InputError(f"reading Parquet {NEEDED}", field="list")
    from pyarrow import ArrowException, parquet

    try:
        table = parquet.ParquetFile(file)
        names = table.schema_arrow.names
        try:
            check_fields(names)
        except InputError as error:
            raise InputError(f"the list's table has an {error}", field="list") from error
        if not set(INPUT_FIELDS) & set(names):
            raise InputError(
                f"the list has no column 'text' (it has {', '.join(names)})", field="list"
            )
        number = 0
        for batch in table.iter_batches(batch_size=_ROWS_READ, use_threads=False):
            for row in batch.to_pylist():
                number += 1
                yield number, row
    except (ArrowException, OSError) as error:
        raise InputError(
            f"the list is not Parquet that can be read ({error})", field="list"
        ) from error


def write_rows(
    path: Path, columns: Mapping[str, str], rows: Iterable[Mapping[str, object]]
) -> None:
    """Writes a table, whole or not at all.

    Args:
        path: a link there is replaced, not followed.
        columns: name to pyarrow's name of its type, all of them nullable.
        rows: each with every column.
    """
    import pyarrow
    from pyarrow import parquet

    schema = pyarrow.schema([(name, _kind(kind)) for name, kind in columns.items()])
    remaining = iter(rows)
    with (
        whole_file(path, follow_links=False) as file,
        parquet.ParquetWriter(file, schema, compression="zstd") as writer,
    ):
        while some := list(islice(remaining, _ROWS_WRITTEN)):
            writer.write_table(pyarrow.Table.from_pylist(some, schema=schema))


def _kind(name: str) -> pyarrow.DataType:
    import pyarrow

    return (
        pyarrow.timestamp("us", tz="UTC") if name == "timestamp" else pyarrow.type_for_alias(name)
    )
