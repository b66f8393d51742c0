"""`sonant say`: the same bytes to every destination, and mistakes named before any work is done."""

from __future__ import annotations

import io
import json
import sys
import wave
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from vocoder.audio.file_reading import read_audio
from vocoder.audio.pcm import to_bytes, to_float32
from vocoder.audio.wav import HEADER_BYTES
from vocoder.cli.program import BAD_INPUT, FAILED, INTERRUPTED, run
from vocoder.synthesis.subtitles import writer_of
from vocoder.synthesis.timeline import Timeline
from vocoder.synthesis.voice import Voice, load_voice
from vocoder.text import Ipa, Lexicon, Ssml
from vocoder.text.lexicon import to_pls

TEXT = "Oh, hi. You?"
TINY = ["--voice", "tiny", "--seed", "7"]


@pytest.fixture(scope="module")
def voice(library: Path) -> Voice:
    return load_voice(library / "tiny")


@pytest.fixture(scope="module")
def samples(voice: Voice) -> np.ndarray:
    return voice.synthesize(TEXT, seed=7)


def test_a_file_holds_what_python_gives(workplace: Path, samples: np.ndarray) -> None:
    assert run(["say", TEXT, "-o", "hello.wav", *TINY]) == 0
    with wave.open("hello.wav") as reader:
        assert (reader.getframerate(), reader.getnchannels(), reader.getnframes()) == (
            8_000,
            1,
            len(samples),
        )
        assert reader.readframes(len(samples)) == to_bytes(samples)
    assert [path.name for path in workplace.iterdir()] == ["hello.wav"]


def test_standard_output_gets_the_bytes_of_the_file(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    run(["say", TEXT, "-o", "hello.wav", *TINY])
    capfdbinary.readouterr()
    for arguments in (["-o", "-"], []):  # a pipe is where sound goes when nothing else is said
        assert run(["say", TEXT, *arguments, *TINY]) == 0
        assert capfdbinary.readouterr().out == Path("hello.wav").read_bytes()


def test_standard_output_gets_each_piece_when_it_is_made(
    voice: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header leaves before the first sample is made, and every piece before the next."""
    events: list[tuple[str, int]] = []

    class Pipe(io.BytesIO):
        def write(self, data: object) -> int:
            events.append(("sent", len(bytes(data))))  # type: ignore[call-overload]
            return len(bytes(data))  # type: ignore[call-overload]

    class Stdout:
        buffer = Pipe()

        def isatty(self) -> bool:
            return False

        def flush(self) -> None:
            pass

    advance = type(voice.engine).advance

    def watched(engine: object, jobs: list) -> list:
        events.append(("made", jobs[0].num_samples))
        return advance(engine, jobs)  # type: ignore[arg-type]

    monkeypatch.setattr(type(voice.engine), "advance", watched)
    monkeypatch.setattr(sys, "stdout", Stdout())
    assert run(["say", TEXT, *TINY]) == 0
    assert events[0] == ("sent", HEADER_BYTES)
    made, sent = (
        [count for what, count in events if what == "made"],
        [count for what, count in events[1:] if what == "sent"],
    )
    assert len(made) > 2
    # the correction's windows reach one frame to each side
    late = 2 * voice.manifest.audio.hop_length
    assert events[1:3] == [("made", made[0]), ("sent", 2 * (made[0] - late))]
    assert sum(sent) == 2 * sum(made)


def test_at_a_terminal_sound_goes_into_a_file(
    workplace: Path,
    samples: np.ndarray,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert run(["say", TEXT, *TINY]) == 0
    np.testing.assert_array_equal(read_audio("out.wav", 8_000), to_float32(samples))
    assert run(["say", TEXT, "--format", "flac", *TINY]) == 0
    np.testing.assert_array_equal(read_audio("out.flac", 8_000), to_float32(samples))
    assert "out.wav: " in capfd.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["-o", "a.pcm"], ["-o", "a.dat", "--format", "pcm"], ["-o", "-", "--format", "pcm"]],
)
def test_pcm_is_samples_and_nothing_else(
    arguments: list[str], samples: np.ndarray, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["say", TEXT, *arguments, *TINY]) == 0
    sent = capfdbinary.readouterr().out if "-" in arguments else Path(arguments[1]).read_bytes()
    assert sent == to_bytes(samples)


def test_other_formats_too(samples: np.ndarray, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["say", TEXT, "-o", "a.flac", *TINY]) == 0
    np.testing.assert_array_equal(read_audio("a.flac", 8_000), to_float32(samples))
    capfdbinary.readouterr()
    assert run(["say", TEXT, "--format", "flac", *TINY]) == 0
    assert capfdbinary.readouterr().out == Path("a.flac").read_bytes()


class Input:
    """Standard input that holds these bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_text_from_standard_input(
    samples: np.ndarray, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", Input(b"\xef\xbb\xbf" + TEXT.encode() + b"\n"))
    assert run(["say", "-", "-o", "a.wav", *TINY]) == 0
    np.testing.assert_array_equal(read_audio("a.wav", 8_000), to_float32(samples))
    monkeypatch.setattr(sys, "stdin", Input(b"abc\xff"))
    assert run(["say", "-", "-o", "b.wav", *TINY]) == BAD_INPUT
    assert capfd.readouterr().err.endswith("sonant: standard input is not UTF-8 text (at byte 3)\n")


def test_a_lexicon_says_how_words_are_said(voice: Voice, capfd: pytest.CaptureFixture[str]) -> None:
    Path("words.json").write_text('{"SQL": "ˈsiːkwəl"}', "utf-8")
    assert run(["say", "SQL.", "--lexicon", "words.json", "-o", "a.wav", *TINY]) == 0
    plan = voice.plan("SQL.", lexicon=Lexicon.of({"SQL": "ˈsiːkwəl"}))
    assert plan.sentences[0].sentence.features.phonemes == (
        "sil",
        "s",
        "iː",
        "k",
        "w",
        "ə",
        "l",
        "sil",
    )
    expected = np.concatenate(list(voice.speak(voice.utterance(plan, seed=7))))
    np.testing.assert_array_equal(read_audio("a.wav", 8_000), to_float32(expected))
    Path("words.pls").write_text(to_pls(Lexicon.of({"SQL": "ˈsiːkwəl"}), language="en-us"), "utf-8")
    assert run(["say", "SQL.", "--lexicon", "words.pls", "-o", "b.wav", *TINY]) == 0
    assert Path("b.wav").read_bytes() == Path("a.wav").read_bytes()
    Path("b.wav").unlink()
    Path("words.json").write_bytes(b"\xff")
    Path("other.pls").write_text(to_pls(Lexicon(), language="de"), "utf-8")
    for file, why in (
        ("words.json", "words.json: the lexicon is not UTF-8"),
        ("none.json", "cannot be read"),
        ("other.pls", "language is 'de'"),
    ):
        assert run(["say", "SQL.", "--lexicon", file, "-o", "b.wav", *TINY]) == BAD_INPUT
        assert why in capfd.readouterr().err
    assert not Path("b.wav").exists()


def test_a_reading_is_explained_in_place_of_its_sound(
    workplace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(["say", "You read $5.", "--explain", *TINY]) == 0
    lines = capfd.readouterr().out.splitlines()
    assert lines[0] == "written\tspoken\tphonemes\trule\ttold by"
    assert lines[2:] == [
        "read\tread\tɹˈiːd\tword\thomograph: present",
        "$5\tfive dollars\tfˈaɪv dˈɑːlɚz\tmoney\tespeak-ng",
        "",
    ]
    assert list(workplace.iterdir()) == []


def test_the_seed_of_an_unseeded_run_is_told_and_repeats_it(
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert run(["say", TEXT, "-o", "a.wav", "--voice", "tiny"]) == 0
    seed = capfd.readouterr().err.split("seed ")[1].strip()
    assert run(["say", TEXT, "-o", "b.wav", "--voice", "tiny", "--seed", seed]) == 0
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()


def test_speed_is_the_inverse_of_length_scale(voice: Voice) -> None:
    assert run(["say", TEXT, "-o", "a.wav", "--speed", "0.5", *TINY]) == 0
    assert run(["say", TEXT, "-o", "b.wav", "--length-scale", "2", *TINY]) == 0
    assert Path("a.wav").read_bytes() == Path("b.wav").read_bytes()
    assert (
        len(read_audio("a.wav", 8_000))
        == voice.plan(TEXT, voice.settings(length_scale=2)).num_samples
    )


def test_settings_reach_the_voice(voice: Voice) -> None:
    assert (
        run(["say", TEXT, "-o", "a.wav", "--speaker", "otto", "--temperature", "0.3", *TINY]) == 0
    )
    assert run(["say", TEXT, "-o", "b.wav", "--speaker", "1", "--temperature", "0.3", *TINY]) == 0
    expected = to_float32(voice.synthesize(TEXT, speaker="otto", temperature=0.3, seed=7))
    for name in ("a.wav", "b.wav"):
        np.testing.assert_array_equal(read_audio(name, 8_000), expected)


@pytest.mark.parametrize("name", ["a.vtt", "a.srt", "a.jsonl"])
def test_times_of_words_beside_the_sound(voice: Voice, samples: np.ndarray, name: str) -> None:
    assert run(["say", TEXT, "-o", "a.wav", "--timestamps", name, *TINY]) == 0
    start = {"voice": "tiny", "release": "0.0.1", "seed": 7, "skipped": []}
    assert Path(name).read_text("utf-8") == writer_of(Path(name))(
        Timeline.of(voice.plan(TEXT)), start
    )
    np.testing.assert_array_equal(read_audio("a.wav", 8_000), to_float32(samples))


def test_what_is_skipped_is_reported(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["say", "Hello \x07 there.", "-o", "a.wav", *TINY]) == 0
    assert "skipped 'U+0007': it " in capfd.readouterr().err


MISTAKES = {
    "empty text": ([""], "text is empty"),
    "unspeakable text": (["..."], "nothing in the text can be spoken"),
    "no text": ([], "Missing argument 'TEXT'"),
    "unknown voice": ([TEXT, "--voice", "nobody"], "there is no voice 'nobody' (known: "),
    "unknown speaker": ([TEXT, "--speaker", "eve"], "no speaker 'eve' (known: anna, otto)"),
    "speaker number": ([TEXT, "--speaker", "2"], "no speaker 2"),
    "speed": ([TEXT, "--speed", "0"], "speed must lie in 0.25..4, not 0"),
    "pitch": ([TEXT, "--pitch", "13"], "pitch must lie in -12..12, not 13"),
    "volume": ([TEXT, "--volume", "5"], "volume must lie in 0..4, not 5"),
    "length scale": ([TEXT, "--length-scale", "5"], "length_scale must lie in 0.25..4, not 5"),
    "both": ([TEXT, "--length-scale", "1", "--speed", "1"], "--speed and --length-scale"),
    "temperature": ([TEXT, "--temperature", "nan"], "temperature must lie in 0..2"),
    "not a number": ([TEXT, "--temperature", "hot"], "--temperature"),
    "seed": ([TEXT, "--seed", "-1"], "seed must lie in 0..2**64-1"),
    "huge seed": ([TEXT, "--seed", str(2**64)], "seed must lie in 0..2**64-1"),
    "format": ([TEXT, "--format", "xyz"], "unknown format 'xyz' (known: wav, pcm"),
    "extension": ([TEXT, "-o", "a.xyz"], "a.xyz: the extension '.xyz' names no format"),
    "missing folder": ([TEXT, "-o", "nowhere/a.wav"], "nowhere/a.wav: cannot be written"),
    "timestamps": ([TEXT, "--timestamps", "a.txt"],
    "a.txt: the extension '.txt' names no format of times"),
    "timestamps' folder": ([TEXT, "--timestamps", "nowhere/a.vtt"],
    "nowhere/a.vtt: cannot be written"),
    "engine": ([TEXT, "--engine", "steam"], "--engine"),
    "option": ([TEXT, "--loud"], "--loud"),
}  # fmt: skip


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_is_one_line_that_names_it(
    what: str, workplace: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    arguments, message = MISTAKES[what]
    options = [] if "--voice" in arguments else ["--voice", "tiny"]
    options += [] if "-o" in arguments else ["-o", "a.wav"]
    assert run(["say", *arguments, *options]) == BAD_INPUT
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("sonant: ")
    assert message in captured.err
    assert list(workplace.iterdir()) == []


def test_an_unknown_command_is_a_mistake_too(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["sing"]) == BAD_INPUT
    assert "No such command 'sing'" in capfd.readouterr().err


def test_a_damaged_voice_is_a_failure(
    library: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "voice.json").write_text("{")
    assert run(["say", TEXT, "-o", "a.wav", "--voice", str(tmp_path / "damaged")]) == FAILED
    assert "voice.json: cannot be read" in capfd.readouterr().err


def test_an_interrupted_command_leaves_what_was_there(
    voice: Voice,
    workplace: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    Path("a.wav").write_bytes(b"before")
    calls = []
    advance = type(voice.engine).advance

    def interrupted(engine: object, jobs: list) -> list:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return advance(engine, jobs)  # type: ignore[arg-type]

    monkeypatch.setattr(type(voice.engine), "advance", interrupted)
    assert run(["say", TEXT, "-o", "a.wav", *TINY]) == INTERRUPTED
    assert len(calls) == 3
    assert Path("a.wav").read_bytes() == b"before"
    assert [path.name for path in workplace.iterdir()] == ["a.wav"]
    assert "Traceback" not in capfd.readouterr().err


def test_ssml_and_phonemes_are_spoken(
    voice: Voice, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    document = "<speak>Oh <mark name='m'/><emphasis>hi</emphasis><break time='200ms'/> you</speak>"
    assert run(["say", document, "--ssml", "-o", "a.wav", "--timestamps", "a.jsonl", *TINY]) == 0
    assert (
        read_audio("a.wav", 8_000).tolist()
        == to_float32(voice.synthesize(Ssml(document), seed=7)).tolist()
    )
    assert '{"type":"mark","name":"m",' in Path("a.jsonl").read_text()
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(document.encode())))
    assert run(["say", "-", "--ssml", "-o", "b.wav", *TINY]) == 0
    assert Path("b.wav").read_bytes() == Path("a.wav").read_bytes()
    assert run(["say", "həˈloʊ.", "--phonemes", "-o", "c.wav", *TINY]) == 0
    assert (
        read_audio("c.wav", 8_000).tolist()
        == to_float32(voice.synthesize(Ipa("həˈloʊ."), seed=7)).tolist()
    )
    for arguments, message in (
        (["<speak><blink/></speak>", "--ssml"], "ssml: there is no element 'blink'"),
        (["hə9", "--phonemes"], "phonemes: word 1 of them, 'hə9', has '9'"),
        (["Hi", "--ssml", "--phonemes"], "--ssml and --phonemes say two things"),
    ):
        assert run(["say", *arguments, "-o", "d.wav", *TINY]) == BAD_INPUT
        assert message in capfd.readouterr().err
    assert not Path("d.wav").exists()


@pytest.mark.parametrize("format_name", ["flac", "ogg", "opus", "mp3"])
def test_chapters_are_those_of_a_rendered_file(format_name: str) -> None:
    text = "A word before.\n# One\nHe came.\n## Two\nHe saw."
    Path("list.jsonl").write_text(
        json.dumps({"id": "a", "text": text, "seed": 7, "chapters": True}) + "\n", "utf-8"
    )
    assert (
        run(
            [
                "say",
                text,
                "-o",
                f"said.{format_name}",
                "--voice",
                "tiny",
                "--seed",
                "7",
                "--chapters",
            ]
        )
        == 0
    )
    assert (
        run(["render", "list.jsonl", "-o", "out", "--voice", "tiny", "--format", format_name]) == 0
    )
    with av.open(f"said.{format_name}") as said, av.open(f"out/a.{format_name}") as rendered:
        assert said.chapters() == rendered.chapters()
        assert [chapter["metadata"]["title"] for chapter in said.chapters()] == ["One", "Two"]
    np.testing.assert_array_equal(
        soundfile.read(f"said.{format_name}")[0], soundfile.read(f"out/a.{format_name}")[0]
    )


def test_chapters_of_what_has_no_place_for_them(capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["say", "# One", "-o", "said.wav", "--voice", "tiny", "--chapters"]) == BAD_INPUT
    assert (
        "wav has no place for chapters (those that have: flac, ogg, opus, mp3)"
        in capfd.readouterr().err
    )
    assert not Path("said.wav").exists()
    many = "\n".join(f"# {number}" for number in range(256))
    assert run(["say", many, "-o", "said.mp3", "--voice", "tiny", "--chapters"]) == BAD_INPUT
    assert "there are 256 chapters, and mp3 can tell of 255" in capfd.readouterr().err
    assert not Path("said.mp3").exists()
