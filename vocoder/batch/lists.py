"""Lists of what to render, read as streams: a row at a time, so that neither a long list nor a long
line has to fit into memory.

text      a line of UTF-8 is a text; empty lines are skipped
csv       the first row names the fields; RFC 4180, with commas
jsonl     an object a line
parquet   a column a field (vocoder.batch.parquet)

A line that is wrong does not end the list: it is told, and the next one is read. What is wrong with
the list as a whole (a column that nobody knows) is raised.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
import tempfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from vocoder.batch.list_entries import (
    BadLine,
    ListEntry,
    check_fields,
    entry_of,
    identity_of,
    quoted,
)
from vocoder.errors import InputError
from vocoder.text import INPUT_FIELDS

FORMATS = ("text", "csv", "jsonl", "parquet")
_EXTENSIONS = {
    ".txt": "text",
    ".text": "text",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
}
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_SPOOLED = 1 << 20  # bytes at a time

# The number of a line, and what it says or why nothing is known of it.
Row = tuple[int, Mapping[str, object] | InputError]


@dataclass(frozen=True, kw_only=True)
class ListFile:
    """A list and its format.

    Attributes:
        path: the file, or None for standard input.
        format_name: one of `FORMATS`.
        longest_line: bytes; a longer line is told, and skipped.
    """

    path: Path | None
    format_name: str
    longest_line: int

    @classmethod
    def choose(cls, path: str, format_name: str | None, *, longest_line: int) -> Self:
        """What the command line means; "-" is standard input, of texts unless said otherwise.

        Raises:
            InputError: an unknown format, or an extension that names none.
        """
        if format_name is not None and format_name not in FORMATS:
            raise InputError(
                f"unknown list format {format_name!r} (known: {', '.join(FORMATS)})",
                field="list-format",
            )
        if path == "-":
            return cls(path=None, format_name=format_name or "text", longest_line=longest_line)
        found = format_name or _EXTENSIONS.get(Path(path).suffix.lower())
        if found is None:
            raise InputError(
                (
                    f"{path}: the extension names no format of a list ({', '.join(_EXTENSIONS)}): "
                    f"give --list-format"
                ),
                field="list",
            )
        return cls(path=Path(path), format_name=found, longest_line=longest_line)

    @property
    def can_be_read_again(self) -> bool:
        """Whether the list is a file, so that it can be counted before it is rendered."""
        return self.path is not None and self.path.is_file()

    def entries(self) -> Generator[ListEntry | BadLine]:
        """Every line, in order. An id that an earlier line has is an error of the later one.

        Raises:
            InputError: the list cannot be read, is not of its format, or has fields that nobody
                knows; `field` is "list".
        """
        seen: dict[bytes, int] = {}
        with self._open() as file:
            for line, values in self._rows(file):
                yield _understood(line, values, seen)

    def _rows(self, file: BinaryIO) -> Iterator[Row]:
        if self.format_name == "parquet":
            from vocoder.batch.parquet import read_rows  # late: only this needs pyarrow

            return read_rows(file)
        lines = _LineReader(file, self.longest_line)
        return {"text": _text_rows, "csv": _csv_rows, "jsonl": _jsonl_rows}[self.format_name](lines)

    @contextmanager
    def _open(self) -> Iterator[BinaryIO]:
        if self.path is None:
            # Not Python's own object for it, which a reader that waits for a line would keep from
            # being closed.
            with os.fdopen(0, "rb", closefd=False) as file:
                yield from self._seekable(file)
            return
        try:
            file = self.path.open("rb")
        except OSError as error:
            raise InputError(
                f"{self.path}: cannot be read ({error.strerror})", field="list"
            ) from error
        with file:
            yield from self._seekable(file)

    def _seekable(self, file: BinaryIO) -> Iterator[BinaryIO]:
        """Parquet begins at its end: what comes through a pipe goes to a temporary file first."""
        if self.format_name != "parquet" or file.seekable():
            yield file
            return
        with tempfile.TemporaryFile() as spool:
            while data := file.read(_SPOOLED):
                spool.write(data)
            spool.seek(0)
            yield spool


def _understood(
    line: int, values: Mapping[str, object] | InputError, seen: dict[bytes, int]
) -> ListEntry | BadLine:
    identity = None
    try:
        if isinstance(values, InputError):
            raise values
        wanted = identity_of(line, values)
        first = seen.setdefault(hashlib.sha256(wanted.encode()).digest()[:16], line)
        if first != line:
            raise InputError(f"line {first} has the same id", field="id")
        identity = wanted
        return entry_of(line, values)
    except InputError as error:
        return BadLine(line=line, id=identity, field=error.field, reason=str(error))


class _LineReader:
    """Lines of UTF-8, without their ends. A line that is none raises, and the next call goes on
    behind it: a generator could not.
    """

    def __init__(self, file: BinaryIO, longest: int) -> None:
        self._file = file
        self.longest = longest
        self.number = 0  # of the line that came last

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        data = self._file.readline(self.longest + 1)
        if not data:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            if data.startswith(_UTF_16):
                raise InputError("the list is UTF-16, and must be UTF-8", field="list")
            data = data.removeprefix(_BOM)
        if len(data) > self.longest and not data.endswith(b"\n"):
            while data and not data.endswith(b"\n"):
                data = self._file.readline(self.longest)
            raise InputError(f"the line is longer than {self.longest} bytes", field="line")
        try:
            return data.removesuffix(b"\n").removesuffix(b"\r").decode("utf-8")
        except UnicodeDecodeError as error:
            raise InputError(
                f"the line is not UTF-8 (at byte {error.start})", field="line"
            ) from error

    def each(self) -> Iterator[tuple[int, str | InputError]]:
        """All that are left, numbered, the bad ones as errors; what is wrong with the whole list is
        raised.
        """
        while True:
            try:
                text: str | InputError = next(self)
            except StopIteration:
                return
            except InputError as error:
                if error.field == "list":
                    raise
                text = error
            yield self.number, text


def _text_rows(lines: _LineReader) -> Iterator[Row]:
    for number, text in lines.each():
        if isinstance(text, InputError):
            yield number, text
        elif text.strip():
            yield number, {"text": text}


def _jsonl_rows(lines: _LineReader) -> Iterator[Row]:
    for number, text in lines.each():
        if isinstance(text, InputError):
            yield number, text
        elif text.strip():
            yield number, _json_object(text)


def _json_object(text: str) -> Mapping[str, object] | InputError:
    try:
        values = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except InputError as error:
        return error
    except (ValueError, RecursionError) as error:
        return InputError(f"the line is not JSON ({error})", field="line")
    return (
        values
        if isinstance(values, dict)
        else InputError("the line must be a JSON object", field="line")
    )


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"the field {quoted(twice)} is there twice", field="line")
    return values


def _no_constant(name: str) -> object:
    raise InputError(f"{name} is no number", field="line")


def _csv_rows(lines: _LineReader) -> Iterator[Row]:
    # The module's own limit is for the whole process; it may only grow, and lines are bounded
    # before they get there.
    csv.field_size_limit(max(csv.field_size_limit(), lines.longest))
    reader = csv.reader(_FileWithLineEnds(lines), strict=True)
    header: list[str] | None = None
    while True:
        first = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            break
        except (csv.Error, InputError) as error:
            where = "" if lines.number <= first else f"from line {first} on, "
            problem = (
                error
                if isinstance(error, InputError)
                else InputError(f"{where}the row is not CSV ({error})", field="line")
            )
            if header is None or problem.field == "list":
                raise InputError(f"the list has no header: {problem}", field="list") from error
            yield lines.number, problem
            continue
        if not cells:
            continue
        if header is None:
            header = _header(cells)
        elif len(cells) != len(header):
            yield (
                lines.number,
                InputError(
                    f"the row has {len(cells)} columns, and the header {len(header)}", field="line"
                ),
            )
        else:
            yield lines.number, dict(zip(header, cells, strict=True))


class _FileWithLineEnds:
    """csv wants the ends of lines, for those inside quotation marks."""

    def __init__(self, lines: _LineReader) -> None:
        self._lines = lines

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> str:
        return next(self._lines) + "\n"


def _header(cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    try:
        check_fields(names)
    except InputError as error:
        raise InputError(f"the list's header has an {error}", field="list") from error
    if not set(INPUT_FIELDS) & set(names):
        raise InputError(f"the list has no column 'text' (it has {', '.join(names)})", field="list")
    if len(set(names)) < len(names):
        raise InputError("the list's header names a column twice", field="list")
    return names
