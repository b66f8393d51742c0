"""Lists: each format says the same, and what is wrong with one line is told of that line alone."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from vocoder.batch.list_entries import FIELDS, BadLine, ListEntry, entry_of
from vocoder.batch.lists import ListFile
from vocoder.errors import InputError

LONGEST = 1_000


def read(path: Path, content: bytes) -> list[ListEntry | BadLine]:
    path.write_bytes(content)
    return list(ListFile.choose(str(path), None, longest_line=LONGEST).entries())


def told(entries: list[ListEntry | BadLine]) -> list[tuple[int, str]]:
    """Number of each line, with its text or what is wrong with it."""
    return [
        (
            entry.line,
            entry.text if isinstance(entry, ListEntry) else f"{entry.field}: {entry.reason}",
        )
        for entry in entries
    ]


def test_a_text_is_a_line(tmp_path: Path) -> None:
    entries = read(tmp_path / "l.txt", "\ufeffOne.\r\n\n  \nTwo, é.\n三。".encode())
    assert told(entries) == [(1, "One."), (4, "Two, é."), (5, "三。")]
    assert [entry.id for entry in entries] == ["000001", "000004", "000005"]


def test_what_no_line_can_be_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    content = (
        b"One.\n"
        + b"x" * 1_000_000
        + b"\nab\xffc\nTwo.\n"
        + b"y" * LONGEST
        + b"\n"
        + b"z" * (LONGEST + 1)
    )
    assert told(read(tmp_path / "l.txt", content)) == [
        (1, "One."),
        (2, "line: the line is longer than 1000 bytes"),
        (3, "line: the line is not UTF-8 (at byte 2)"),
        (4, "Two."),
        (5, "y" * LONGEST),
        (6, "line: the line is longer than 1000 bytes"),
    ]


ALL = {
    "id": "a/1", "text": 'Say "x",\nthen y.', "voice": "tiny", "speaker": "otto", "seed": 2**64 - 1,
    "length_scale": 1.5, "pitch": -2.0, "volume": 0.5,
    "temperature": 0.25, "format": "FLAC", "chapters": True,
}  # fmt: skip
UNDERSTOOD = ListEntry(line=1, **ALL | {"format": "flac"})  # type: ignore[arg-type]


def test_every_format_says_every_field(tmp_path: Path) -> None:
    (jsonl,) = read(tmp_path / "l.jsonl", json.dumps(ALL).encode())
    assert jsonl == UNDERSTOOD
    quoted = ",".join('"' + str(value).replace('"', '""') + '"' for value in ALL.values())
    (row,) = read(tmp_path / "l.csv", f"\ufeff{','.join(ALL)}\r\n{quoted}\r\n".encode())
    assert row == ListEntry(line=3, **{name: getattr(UNDERSTOOD, name) for name in ALL})
    schema = pyarrow.schema([("seed", pyarrow.uint64())])
    table = (
        pyarrow.Table.from_pylist([ALL | {"seed": None}])
        .drop(["seed"])
        .append_column("seed", pyarrow.array([2**64 - 1], schema.field("seed").type))
    )
    parquet.write_table(table, tmp_path / "l.parquet")
    assert list(
        ListFile.choose(str(tmp_path / "l.parquet"), None, longest_line=LONGEST).entries()
    ) == [UNDERSTOOD]


def test_speed_is_the_inverse_of_length_scale(tmp_path: Path) -> None:
    (entry,) = read(tmp_path / "l.jsonl", b'{"text": "a", "speed": 2, "id": 7, "speaker": 1}')
    assert isinstance(entry, ListEntry)
    assert (entry.length_scale, entry.id, entry.speaker) == (0.5, "7", 1)


WRONG = {
    "no object": ("[1]", "line: the line must be a JSON object"),
    "no JSON": ("{", "line: the line is not JSON"),
    "nested": ("[" * 900 + "]" * 90, "line: "),
    "not a number": ('{"text": "a", "pitch": NaN}', "line: NaN is no number"),
    "twice": ('{"text": "a", "text": "b"}', "line: the field 'text' is there twice"),
    "unknown": ('{"text": "a", "txet": "b"}', "line: unknown field 'txet' (known: id, text,"),
    "empty": ('{"text": " "}', "text: the text is empty"),
    "missing": ('{"id": "a"}', "text: the text is empty"),
    "null": ('{"text": null}', "text: the text is empty"),
    "text": ('{"text": 7}', "text: text must be a string, not 7"),
    "surrogate": ('{"text": "\\ud800"}', "text: text holds half of a surrogate pair"),
    "surrogate id": ('{"text": "a", "id": "\\udc00"}', "id: id holds half"),
    "ssml": ('{"ssml": 7}', "ssml: ssml must be a string, not 7"),
    "two kinds": (
        '{"ssml": "<speak>a</speak>", "text": "a"}',
        "ssml: text and ssml both say what is spoken",
    ),
    "phonemes too": (
        '{"phonemes": "ə", "ssml": "<speak>a</speak>"}',
        "phonemes: ssml and phonemes both say what is spoken",
    ),
    "id": ('{"text": "a", "id": true}', "id: id must be a string, not True"),
    "speed": ('{"text": "a", "speed": 9}', "speed: speed must lie in 0.25..4, not 9"),
    "speed twice": (
        '{"text": "a", "speed": 1, "length_scale": 1}',
        "speed: speed and length_scale",
    ),
    "pitch": ('{"text": "a", "pitch": "high"}', "pitch: pitch must be a number, not 'high'"),
    "infinite": ('{"text": "a", "volume": 1e999}', "volume: volume must be a finite number"),
    "list": ('{"text": "a", "volume": [1]}', "volume: volume must be a number, not [1]"),
    "seed": (
        '{"text": "a", "seed": -1}',
        "seed: seed must be a whole number in 0..2**64-1, not -1",
    ),
    "huge seed": ('{"text": "a", "seed": 18446744073709551616}', "seed: seed must be"),
    "half a seed": ('{"text": "a", "seed": 1.5}', "seed: seed must be"),
    "true seed": ('{"text": "a", "seed": true}', "seed: seed must be"),
    "chapters": (
        '{"text": "a", "chapters": "yes"}',
        "chapters: chapters must be true or false, not 'yes'",
    ),
    "chapters too": (
        '{"text": "a", "chapters": 1}',
        "chapters: chapters must be true or false, not 1",
    ),
    "format": ('{"text": "a", "format": "xyz"}', "format: unknown format 'xyz'"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_line_is_told_of_it_by_field(what: str, tmp_path: Path) -> None:
    line, message = WRONG[what]
    before, entry, after = read(
        tmp_path / "l.jsonl", f'{{"text": "before"}}\n{line}\n{{"text": "after"}}\n'.encode()
    )
    assert isinstance(before, ListEntry)
    assert isinstance(after, ListEntry)
    assert isinstance(entry, BadLine)
    assert f"{entry.field}: {entry.reason}".startswith(message)
    assert len(entry.reason) < 300


def test_what_is_quoted_is_not_a_megabyte() -> None:
    for values in (
        {"text": "a", "id": "x" * 1_001},
        {"text": "a", "x" * 10**6: 1},
        {"text": "a", "pitch": "x" * 10**6},
        {"text": "a", "seed": "9" * 10**6},
    ):
        with pytest.raises(InputError) as caught:
            entry_of(1, values)
        assert len(str(caught.value)) < 300


def test_an_id_of_two_lines_is_the_second_ones_mistake(tmp_path: Path) -> None:
    entries = read(
        tmp_path / "l.jsonl",
        b'{"text": "a", "id": "x"}\n{"text": "", "id": "x"}\n{"text": "b", "id": "x"}',
    )
    assert told(entries) == [
        (1, "a"),
        (2, "id: line 1 has the same id"),
        (3, "id: line 1 has the same id"),
    ]
    # so that no record of theirs takes the place of the first
    assert [entry.id for entry in entries] == [
        "x",
        None,
        None,
    ]


def test_rows_of_a_csv_that_are_none(tmp_path: Path) -> None:
    content = (
        b'id,text\r\na,One.\r\n\r\nb\r\nc,Two.,x\r\nd,"Th"ree\r\ne,"Four,\r\n4."\r\n'
        b"f," + b"x" * 2_000 + b"\r\ng,Five.\r\n"
    )
    assert told(read(tmp_path / "l.csv", content)) == [
        (2, "One."),
        (4, "line: the row has 1 columns, and the header 2"),
        (5, "line: the row has 3 columns, and the header 2"),
        (6, "line: the row is not CSV (',' expected after '\"')"),
        (8, "Four,\n4."),
        (9, "line: the line is longer than 1000 bytes"),
        (10, "Five."),
    ]


def test_a_quotation_mark_that_is_never_closed_says_where_it_began(tmp_path: Path) -> None:
    entries = told(read(tmp_path / "l.csv", b'id,text\na,One.\nb,"Two.\nc,Three.\n'))
    assert entries[0] == (2, "One.")
    assert entries[1][1].startswith("line: from line 3 on, the row is not CSV")


HEADERS = {
    b"id,txet\n": "the list's header has an unknown field 'txet'",
    b"id,voice\n": "has no column 'text'",
    b"text,text\n": "names a column twice",
    b"id;text\n": "unknown field 'id;text'",
    b"\xff\xfei\0d\0": "is UTF-16",
}


@pytest.mark.parametrize("header", HEADERS)
def test_a_list_that_is_wrong_as_a_whole(header: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the list") as caught:
        read(tmp_path / "l.csv", header + b"a,b\n")
    assert HEADERS[header] in str(caught.value)
    assert caught.value.field == "list"


def test_parquet_that_is_none_or_has_other_columns(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not Parquet"):
        read(tmp_path / "l.parquet", b"PAR1 nonsense")
    parquet.write_table(pyarrow.table({"text": ["a"], "size": [1]}), tmp_path / "m.parquet")
    with pytest.raises(InputError, match="unknown field 'size'"):
        list(ListFile.choose(str(tmp_path / "m.parquet"), None, longest_line=LONGEST).entries())


def test_lists_that_cannot_be_chosen(tmp_path: Path) -> None:
    for path, format_name, message in (
        ("l.doc", None, "--list-format"),
        ("l.txt", "tsv", "unknown list format"),
    ):
        with pytest.raises(InputError, match=message):
            ListFile.choose(path, format_name, longest_line=LONGEST)
    with pytest.raises(InputError, match=r"No such file"):
        list(ListFile.choose(str(tmp_path / "none.txt"), None, longest_line=LONGEST).entries())


@given(st.binary(max_size=300), st.sampled_from(["l.txt", "l.csv", "l.jsonl"]))
def test_no_bytes_break_the_reader(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, name: str
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    try:
        for entry in read(folder / name, b"id,text\n" + content if name == "l.csv" else content):
            assert isinstance(entry, (ListEntry, BadLine))
    except InputError as error:
        assert error.field == "list"  # noqa: PT017


def test_the_documentation_names_every_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "BATCH.md").read_text("utf-8")
    assert not [name for name in FIELDS if f"`{name}`" not in page]
