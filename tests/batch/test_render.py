"""Rendering: the files are what one utterance alone would be, whatever the batch, and a run does
only what is missing.
"""

from __future__ import annotations

import hashlib
import json
import math
import shutil
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from pyarrow import parquet

from vocoder.audio.loudness import LoudnessMeter
from vocoder.audio.pcm import Int16Array, to_bytes
from vocoder.audio.wav import wav_header
from vocoder.batch import makers, render_pool
from vocoder.batch.audio_file_task import AudioFileTask
from vocoder.batch.forecast import forecast
from vocoder.batch.lists import ListFile
from vocoder.batch.manifest import NAME, TABLE, Manifest
from vocoder.batch.progress import ProgressListener, RunProgress
from vocoder.batch.record import Record
from vocoder.batch.render import render
from vocoder.batch.render_orders import Defaults
from vocoder.engine import Engine
from vocoder.errors import EngineError, InputError
from vocoder.seeds import derived_seed
from vocoder.synthesis.voice import load_voice
from vocoder.text import Ipa, Ssml

OUT = Path("out")
LINES: list[dict[str, Any]] = [
    {"id": "one", "text": "Oh, hi."},
    {"id": "a/../../two", "text": "You?", "speaker": "otto", "pitch": 2, "speed": 1.5},
    {"id": "Three", "text": "We go. They stay.", "temperature": 0.2, "volume": 0.5, "seed": 9},
    {"id": "three", "text": "No.", "format": "flac"},
    {"id": "drei", "text": "We go. They stay.", "temperature": 0.2, "volume": 0.5, "seed": 9},
]


def write(lines: list[dict[str, Any]], name: str = "list.jsonl") -> ListFile:
    Path(name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return ListFile.choose(name, None, longest_line=10_000)


def run(
    lines: list[dict[str, Any]],
    folder: Path = OUT,
    *,
    threads: int = 2,
    streams: int = 3,
    strict: bool = False,
    **defaults: Any,
) -> RunProgress:
    return render(
        write(lines),
        folder,
        Defaults(voice="tiny", **defaults),
        threads=threads,
        streams=streams,
        strict=strict,
    )


def records(folder: Path = OUT) -> dict[str | None, Record]:
    return {
        record.id: record
        for record in map(Record.of_line, (folder / NAME).read_bytes().splitlines())
    }


def digests(folder: Path = OUT) -> dict[str, str]:
    """Of every file but the manifest."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.iterdir()
        if path.name not in (NAME, TABLE)
    }


def counts(tally: RunProgress) -> tuple[int, int, int, int]:
    return tally.rendered, tally.copied, tally.kept, tally.failed


def alone(line: dict[str, Any]) -> Int16Array:
    """The samples that Python gives for a line."""
    settings = {
        name: line[name] for name in ("speaker", "pitch", "volume", "temperature") if name in line
    }
    seed = line.get("seed", derived_seed(0, line["id"]))
    return load_voice("tiny").synthesize(
        line["text"], length_scale=1 / line.get("speed", 1), seed=seed, **settings
    )


def test_lines_of_ssml_and_of_phonemes() -> None:
    document = "<speak>Oh <break time='200ms'/> hi</speak>"
    lines = [
        {"id": "a", "ssml": document, "seed": 3},
        {"id": "b", "text": document, "seed": 3},
        {"id": "c", "phonemes": "haɪ", "seed": 3},
    ]
    assert counts(run([*lines, {"id": "d", "ssml": "<speak>"}])) == (3, 0, 0, 1)
    voice, found = load_voice("tiny"), records()
    for line, given in zip(lines, (Ssml(document), document, Ipa("haɪ")), strict=True):
        samples, _ = soundfile.read(OUT / str(found[line["id"]].path), dtype="int16")
        np.testing.assert_array_equal(samples, voice.synthesize(given, seed=3))
    assert (found["d"].field, found["d"].status) == ("ssml", "failed")
    assert counts(run(lines)) == (0, 0, 3, 0)


def test_an_interruption_waits_for_the_file_that_is_being_finished(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What ends too early would clear away under the hands of the one who finishes, and end Python
    while it still holds tensors.
    """
    finishing, stopping = threading.Event(), threading.Event()
    finish, stop = AudioFileTask.finish, render_pool.RenderPool.stop

    def slow_finish(take: AudioFileTask) -> Any:
        finishing.set()
        stopping.wait()
        time.sleep(0.3)  # for a run that does not wait to be wrong
        return finish(take)

    def told_to_stop(of: render_pool.RenderPool) -> None:
        stopping.set()
        stop(of)

    main = threading.get_ident()

    def interrupt() -> None:
        finishing.wait()
        signal.pthread_kill(main, signal.SIGINT)

    monkeypatch.setattr(AudioFileTask, "finish", slow_finish)
    monkeypatch.setattr(render_pool.RenderPool, "stop", told_to_stop)
    # A shell starts what runs in its background with SIGINT ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        threading.Thread(target=interrupt).start()
        with pytest.raises(KeyboardInterrupt):
            run(LINES, threads=1)
    finally:
        signal.signal(signal.SIGINT, before)
    assert "finisher" not in [thread.name for thread in threading.enumerate()]
    (record,) = records().values()
    assert set(digests()) == {record.path}


def test_each_file_is_what_its_line_is_alone() -> None:
    assert counts(run(LINES)) == (4, 1, 0, 0)
    made = records()
    for line in LINES:
        record, samples = made[line["id"]], alone(line)
        assert record.path is not None
        path = OUT / record.path
        if record.format == "wav":
            assert path.read_bytes() == wav_header(8_000, len(samples)) + to_bytes(samples)
        else:
            np.testing.assert_array_equal(soundfile.read(path, dtype="int16")[0], samples)
        assert record.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
        assert (record.num_samples, record.num_bytes) == (len(samples), path.stat().st_size)
        assert record.seconds == len(samples) / 8_000
        assert (record.status, record.voice, record.release, record.precision) == (
            "done",
            "tiny",
            "0.0.1",
            load_voice("tiny").engine.precision,
        )
        assert record.text_sha256 == hashlib.sha256(line["text"].encode()).hexdigest()
        assert record.begun is not None
        assert record.finished is not None
        assert record.begun <= record.finished
    assert (made["drei"].same_as, made["drei"].sha256) == ("Three", made["Three"].sha256)
    assert (made["one"].path, made["three"].seed) == ("one.wav", derived_seed(0, "three"))
    assert len({str(record.path).lower() for record in made.values()}) == len(LINES)
    assert len(digests()) == len(LINES)


def test_the_table_says_what_the_manifest_says() -> None:
    run([LINES[2], {"text": ""}, LINES[0], {"nonsense": 1}])
    rows = parquet.read_table(OUT / TABLE).to_pylist()
    assert [(row["line"], row["status"]) for row in rows] == [
        (1, "done"),
        (2, "failed"),
        (3, "done"),
        (4, "failed"),
    ]
    made = records()
    for row in rows:
        record = made[row["id"]]
        assert {name: row[name] for name in ("sha256", "seconds", "seed", "path", "reason")} == {
            name: getattr(record, name) for name in ("sha256", "seconds", "seed", "path", "reason")
        }
    assert rows[0]["begun"].isoformat(timespec="milliseconds") == made["Three"].begun


@pytest.mark.parametrize(("threads", "streams", "chunk"), [(1, 1, 0.5), (2, 2, 0.013), (3, 8, 0.1)])
def test_no_company_and_no_order_change_a_byte(
    threads: int, streams: int, chunk: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [{"id": f"l{number}", "text": "Oh, hi. " * (number % 3 + 1)} for number in range(9)]
    run(lines, Path("first"))
    monkeypatch.setattr(render_pool, "CHUNK_SECONDS", chunk)
    run(lines[::-1], Path("second"), threads=threads, streams=streams)
    assert digests(Path("first")) == digests(Path("second"))
    assert len(digests(Path("first"))) == 9


def test_a_second_run_does_only_what_is_missing_or_has_changed() -> None:
    run(LINES)
    before, names = digests(), {identity: record.path for identity, record in records().items()}
    assert counts(run(LINES)) == (0, 0, 5, 0)
    (OUT / "one.wav").unlink()
    shutil.copy(OUT / "Three.wav", OUT / str(names["a/../../two"]))
    assert counts(run(LINES)) == (2, 0, 3, 0)
    assert digests() == before
    assert {identity: record.path for identity, record in records().items()} == names
    changed = [LINES[0] | {"text": "Oh."}, *LINES[1:]]
    assert counts(run(changed)) == (1, 0, 4, 0)
    assert {name for name, digest in digests().items() if digest != before[name]} == {"one.wav"}
    assert counts(run(changed, seed=1)) == (3, 0, 2, 0)  # those that name a seed stay


def test_a_lost_file_of_two_equal_lines_is_copied_from_the_other() -> None:
    run(LINES)
    before = digests()
    (OUT / "Three.wav").unlink()
    assert counts(run(LINES)) == (0, 1, 4, 0)
    assert digests() == before


def test_a_copy_is_not_taken_from_a_file_that_has_changed() -> None:
    run(LINES[2:3])
    (OUT / "Three.wav").write_bytes(b"x" * (OUT / "Three.wav").stat().st_size)
    assert counts(run(LINES[4:])) == (1, 0, 0, 0)
    assert soundfile.info(OUT / "drei.wav").frames == len(alone(LINES[4]))


def test_a_failed_line_is_recorded_and_the_rest_goes_on() -> None:
    told: list[Record] = []
    bad = [
        {"id": "a", "text": "..."},
        {"id": "b", "text": "x", "voice": "../tiny"},
        {"id": "c", "text": "x", "speaker": "eve"},
        {"id": "d", "text": "x", "pitch": 99},
    ]
    bad += [
        {"id": "e", "text": "Oh. " * 30},
        {"id": "f", "text": "x", "format": "opus", "voice": "nobody"},
        {"id": "one", "text": "twice"},
    ]
    defaults = Defaults(voice="tiny", text_limit=100)
    tally = render(
        write([LINES[0], *bad, LINES[2]]),
        OUT,
        defaults,
        threads=2,
        streams=2,
        watcher=ProgressListener(failed=told.append),
    )
    assert counts(tally) == (2, 0, 0, 7)
    assert [(record.line, record.field) for record in told] == list(
        zip(range(2, 9), ("text", "voice", "speaker", "pitch", "text", "voice", "id"), strict=True)
    )
    assert "the limit is 100" in str(told[4].reason)
    assert set(digests()) == {"one.wav", "Three.wav"}
    made = records()
    assert (made["one"].status, made["a"].status, made["a"].reason) == (
        "done",
        "failed",
        "nothing in the text can be spoken",
    )


def test_strict_stops_at_the_first_that_fails() -> None:
    lines = [{"id": f"l{number}", "text": "Oh, hi. " * 20} for number in range(20)]
    lines[1] = {"id": "bad", "text": ""}
    tally = run(lines, strict=True)
    assert tally.failed == 1
    assert tally.rendered < 5
    # no temporary files
    assert set(digests()) == {
        str(record.path) for record in records().values() if record.status == "done"
    }
    lines[1] = {"id": "bad", "text": "Good."}
    assert run(lines, strict=True).failed == 0
    assert len(digests()) == 20


def test_an_engine_that_fails_with_one_stream_fails_that_line_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advance = Engine.advance
    guilty = derived_seed(0, "l1")

    def failing(engine: Engine, jobs: Any) -> Any:
        if any(job.state.seed == guilty and job.state.position > 0 for job in jobs):
            raise EngineError("conditioning has values that are not finite numbers")
        return advance(engine, jobs)

    monkeypatch.setattr(Engine, "advance", failing)
    monkeypatch.setattr(render_pool, "CHUNK_SECONDS", 0.1)
    lines = [{"id": f"l{number}", "text": "Oh, hi."} for number in range(4)]
    assert counts(run(lines, threads=1, streams=4)) == (3, 0, 0, 1)
    assert set(digests()) == {"l0.wav", "l2.wav", "l3.wav"}
    assert records()["l1"].reason == "conditioning has values that are not finite numbers"


def test_equal_lines_fail_together(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(engine: Engine, jobs: Any) -> Any:
        raise EngineError("no")

    monkeypatch.setattr(Engine, "advance", failing)
    assert counts(run([{"id": name, "text": "Oh.", "seed": 1} for name in "abc"])) == (0, 0, 0, 3)
    assert digests() == {}


def test_a_defect_ends_the_run_and_leaves_nothing_half_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing(engine: Engine, jobs: Any) -> Any:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(Engine, "advance", failing)
    with pytest.raises(ZeroDivisionError, match="a defect"):
        run(LINES)
    assert digests() == {}


def test_a_full_disk_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(take: object, samples: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(makers.AudioFileTask, "write", full)
    with pytest.raises(OSError, match="No space left"):
        run(LINES)
    assert digests() == {}


@pytest.mark.parametrize("format_name", ["wav", "flac", "opus", "ogg", "mp3"])
def test_loudness_is_brought_to_what_was_asked_for(format_name: str) -> None:
    lines = [
        {"id": "quiet", "text": "We go there.", "volume": 0.1},
        {"id": "loud", "text": "We go there."},
    ]
    run(lines, loudness=-30.0, format=format_name)
    for record in records().values():
        assert record.gain is not None
        assert record.loudness is not None
        assert math.isclose(20 * math.log10(record.gain), -30 - record.loudness, abs_tol=1e-6)
        samples, rate = soundfile.read(OUT / str(record.path), dtype="int16")
        meter = LoudnessMeter(rate)
        meter.add(samples)
        meter.finish()
        assert meter.loudness == pytest.approx(
            -30, abs=0.1 if format_name in ("wav", "flac") else 1.5
        )
    before = digests()
    shutil.rmtree(OUT)
    run(lines[::-1], loudness=-30.0, format=format_name)
    # also of Ogg, whose serial numbers libsndfile would draw from the clock
    assert digests() == before


def test_nothing_outside_the_folder_is_touched(tmp_path: Path) -> None:
    OUT.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (OUT / "one.wav").symlink_to(secret)
    (OUT / "three.flac").mkdir()
    (OUT / ".mine.part").write_text("mine")
    (OUT / ".one.wav.0123abcd.part").write_text("left by a run that was killed")
    tally = run(LINES)
    assert secret.read_text() == "secret"
    assert not (OUT / "one.wav").is_symlink()
    assert (OUT / ".mine.part").exists()
    assert not (OUT / ".one.wav.0123abcd.part").exists()
    assert tally.failed == 0  # "three" has another name, because "Three" differs in case alone
    assert {path.name for path in tmp_path.iterdir()} == {"work", "secret"}


def test_a_manifest_that_is_a_link_or_was_made_by_another_is_left_alone(tmp_path: Path) -> None:
    OUT.mkdir()
    (OUT / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputError, match="cannot be written"):
        run(LINES)
    assert not (tmp_path / "elsewhere").exists()
    (OUT / NAME).unlink()
    (OUT / NAME).write_text('{"file": "a.wav"}\n')
    with pytest.raises(InputError, match="line 1: is no record of sonant render"):
        run(LINES)
    assert (OUT / NAME).read_text() == '{"file": "a.wav"}\n'


def test_a_record_cannot_send_us_out_of_the_folder() -> None:
    run(LINES[:1])
    shutil.move(OUT / "one.wav", "one.wav")
    (OUT / NAME).write_text((OUT / NAME).read_text().replace('"one.wav"', '"../one.wav"'))
    assert counts(run(LINES[:1])) == (1, 0, 0, 0)
    assert (OUT / "one.wav").read_bytes() == Path("one.wav").read_bytes()


def test_a_torn_record_is_cut_off() -> None:
    run(LINES[:1])
    whole = (OUT / NAME).read_bytes()
    (OUT / NAME).write_bytes(whole + whole[:40])
    assert counts(run(LINES[:1])) == (0, 0, 1, 0)
    assert (OUT / NAME).read_bytes() == whole


def test_two_runs_cannot_write_into_one_folder() -> None:
    manifest = Manifest.open(OUT)
    with pytest.raises(InputError, match="another sonant render is writing"):
        run(LINES)
    manifest.close()
    assert counts(run(LINES)) == (4, 1, 0, 0)


def test_a_forecast_says_what_a_run_does_and_touches_nothing() -> None:
    def look() -> tuple[int, int, int, int]:
        found = forecast(
            write([*LINES, {"text": ""}]),
            OUT,
            Defaults(voice="tiny"),
            threads=2,
            streams=2,
            failed=lambda record: None,
        )
        assert (found.times_real_time is None) == (found.to_render == 0)
        assert found.to_render == 0 or found.duration_seconds > 0
        seen.append(found.seconds)
        return found.to_render, found.to_copy, found.kept, found.failed

    seen: list[float] = []
    assert look() == (4, 1, 0, 1)
    assert not OUT.exists()
    tally = run([*LINES, {"text": ""}])
    assert counts(tally) == (4, 1, 0, 1)
    assert tally.rendered_seconds == pytest.approx(seen[0])
    (OUT / "one.wav").unlink()
    before = {path.name: path.read_bytes() for path in OUT.iterdir()}
    assert look() == (1, 0, 4, 1)
    assert {path.name: path.read_bytes() for path in OUT.iterdir()} == before


def test_only_so_many_lines_are_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[int] = []

    class Counted(makers.AudioFileTask):
        now = 0

        def __init__(self, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            Counted.now += 1
            alive.append(Counted.now)

        def finish(self) -> Any:
            taken = super().finish()
            Counted.now -= 1
            return taken

    monkeypatch.setattr(makers, "AudioFileTask", Counted)
    run([{"id": f"l{number}", "text": "Oh."} for number in range(40)], threads=2, streams=3)
    assert len(alive) == 40
    assert max(alive) <= 3 + 2 * 2


def test_seeds_are_what_the_documentation_says() -> None:
    assert derived_seed(0, "intro") == int(hashlib.sha256(b"0:intro").hexdigest()[:16], 16) >> 11
    assert derived_seed(1, "intro") != derived_seed(0, "intro")
