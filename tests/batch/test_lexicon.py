"""Lists that are read with a lexicon: what it touches is made anew, and the manifest says by which
entries.
"""

from __future__ import annotations

import json
from pathlib import Path

from pyarrow import parquet

from tests.batch.test_render import OUT, counts, digests, records, run
from vocoder.audio.file_reading import read_audio
from vocoder.audio.pcm import to_float32
from vocoder.batch.manifest import NAME, TABLE
from vocoder.batch.record import Record
from vocoder.cli.program import BAD_INPUT
from vocoder.cli.program import run as command
from vocoder.seeds import derived_seed
from vocoder.synthesis.voice import load_voice
from vocoder.text import Lexicon

LINES = [{"id": "cat", "text": "A cat."}, {"id": "cow", "text": "A cow."}]
LEXICON = Lexicon.of({"cat": {"alias": "dog"}, "cap": "zuː"})
CAT = Lexicon.of({"cat": {"alias": "dog"}})  # what the first line asks for


def test_the_lexicon_is_heard_and_recorded() -> None:
    run(LINES, lexicon=LEXICON)
    expected = load_voice("tiny").synthesize("A cat.", seed=derived_seed(0, "cat"), lexicon=LEXICON)
    assert (read_audio(OUT / "cat.wav", 8_000) == to_float32(expected)).all()
    assert records()["cat"].lexicon_sha256 == CAT.digest
    assert records()["cow"].lexicon_sha256 is None
    assert parquet.read_table(OUT / TABLE).column("lexicon_sha256").to_pylist() == [
        CAT.digest,
        None,
    ]


def test_another_lexicon_makes_anew_what_it_touches_and_nothing_else() -> None:
    assert counts(run(LINES)) == (2, 0, 0, 0)
    plain = digests()
    assert counts(run(LINES, lexicon=LEXICON)) == (1, 0, 1, 0)
    with_lexicon = digests()
    assert {name for name in plain if plain[name] != with_lexicon[name]} == {"cat.wav"}
    other = Lexicon.of({"cat": {"alias": "dog"}, "horse": "zuː"})
    assert counts(run(LINES, lexicon=other)) == (0, 0, 2, 0)
    assert counts(run(LINES)) == (1, 0, 1, 0)
    assert digests() == plain
    fresh = Path("fresh")
    run(LINES, fresh, lexicon=LEXICON)
    assert digests(fresh) == with_lexicon


def test_a_manifest_that_knows_no_lexicons_yet_is_read() -> None:
    run(LINES)
    lines = [json.loads(line) for line in (OUT / NAME).read_bytes().splitlines()]
    for line in lines:
        assert line.pop("lexicon_sha256") is None
    (OUT / NAME).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    assert counts(run(LINES)) == (0, 0, 2, 0)
    assert Record.of_line((OUT / NAME).read_bytes().splitlines()[0]).lexicon_sha256 is None


def test_the_command_reads_either_form() -> None:
    Path("list.txt").write_text("A cat.\n", "utf-8")
    Path("words.pls").write_text(
        '<lexicon version="1.0" xmlns="http://www.w3.org/2005/01/pronunciation-lexicon" '
        'alphabet="ipa" xml:lang="en">'
        "<lexeme><grapheme>cat</grapheme><alias>dog</alias></lexeme></lexicon>",
        "utf-8",
    )
    Path("words.json").write_text('{"cat": {"alias": "dog"}}', "utf-8")
    for name in ("words.pls", "words.json"):
        assert (
            command(
                [
                    "render",
                    "list.txt",
                    "-o",
                    name.replace(".", "-"),
                    "--voice",
                    "tiny",
                    "--lexicon",
                    name,
                ]
            )
            == 0
        )
    assert digests(Path("words-pls")) == digests(Path("words-json"))
    Path("words.json").write_text('{"cat": 3}', "utf-8")
    assert (
        command(["render", "list.txt", "-o", "none", "--voice", "tiny", "--lexicon", "words.json"])
        == BAD_INPUT
    )
    assert not Path("none").exists()
