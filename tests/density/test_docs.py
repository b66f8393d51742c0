"""docs/DENSITIES.md: its snippets run as they stand, and it names what exists."""

from __future__ import annotations

import re
import runpy
from pathlib import Path

from vocoder.density.config import MODELS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "DENSITIES.md").read_text("utf-8")


def test_the_snippets_run_in_their_order(tmp_path: Path) -> None:
    snippets = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert len(snippets) >= 6
    program = tmp_path / "snippets.py"
    program.write_text("\n".join(snippets), encoding="utf-8")
    runpy.run_path(str(program))


def test_it_names_every_model_and_files_that_exist() -> None:
    assert not [model for model in MODELS if f"`{model}`" not in PAGE]
    named = set(re.findall(r"\((densities/[\w.-]+)\)", PAGE))
    assert named
    assert not [name for name in named if not (ROOT / "docs" / name).is_file()]
    assert not [
        name
        for name in re.findall(r"`((?:benchmarks|tests|vocoder|training)/[\w./-]+)`", PAGE)
        if not (ROOT / name).exists()
    ]
