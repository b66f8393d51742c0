from __future__ import annotations

from pathlib import Path

import pytest

from tests.tiny_voice import make_tiny_voice


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny voice pack that tests only read."""
    return make_tiny_voice(tmp_path_factory.mktemp("voices") / "tiny")
