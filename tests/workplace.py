"""Fixtures of the tests of commands: a folder to work in, and a voice that is known there. A
conftest.py that imports them has them for its tests.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_voice import make_tiny_voice
from vocoder.voices.library import VARIABLE


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one voice, "tiny"."""
    return make_tiny_voice(tmp_path_factory.mktemp("library") / "tiny").parent


@pytest.fixture(autouse=True)
def workplace(library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Every test works in a folder of its own, where the voice "tiny" is known."""
    monkeypatch.setenv(VARIABLE, str(library))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
