"""Where voices are found, and that a name is never a path."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import vocoder
from tests.tiny_voice import make_tiny_voice
from vocoder.errors import InputError, VoiceError
from vocoder.voices.library import VARIABLE, find_voice, find_voices


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    first, second = tmp_path / "first", tmp_path / "second"
    make_tiny_voice(first / "anna")
    make_tiny_voice(second / "anna")
    make_tiny_voice(second / "bert")
    monkeypatch.setenv(
        VARIABLE, os.pathsep.join([str(first), str(second), str(tmp_path / "missing")])
    )
    return first, second


def test_the_first_folder_that_has_a_voice_gives_it(folders: tuple[Path, Path]) -> None:
    first, second = folders
    assert find_voice("anna") == first / "anna"
    assert find_voice("bert") == second / "bert"
    found = find_voices()
    assert found["anna"] == first / "anna"
    assert found["bert"] == second / "bert"


def test_an_unknown_voice_is_refused_with_those_that_there_are(folders: tuple[Path, Path]) -> None:
    with pytest.raises(
        InputError, match=r"there is no voice 'carl' \(known: .*anna.*bert"
    ) as caught:
        find_voice("carl")
    assert caught.value.field == "voice"


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../first/anna",
        "/etc",
        "anna/",
        "anna\0",
        "ann\N{LATIN SMALL LETTER A WITH ACUTE}",
    ],
)
def test_a_name_is_never_a_path(folders: tuple[Path, Path], name: str) -> None:
    with pytest.raises(InputError) as caught:
        find_voice(name)
    assert caught.value.field == "voice"


def test_a_voice_is_loaded_by_name_or_from_its_folder(folders: tuple[Path, Path]) -> None:
    assert vocoder.load_voice("bert").manifest.name == "bert"
    assert vocoder.load_voice("bert", engine="native", precision="int8").engine.precision == "int8"
    assert vocoder.load_voice(folders[0] / "anna").manifest.name == "anna"
    assert vocoder.load_voice(str(folders[0] / "anna")).manifest.name == "anna"
    with pytest.raises(InputError, match="there is no voice 'carl'"):
        vocoder.load_voice("carl")
    with pytest.raises(VoiceError, match="holds no voice"):
        vocoder.load_voice(folders[0])
