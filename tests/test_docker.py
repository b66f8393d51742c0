"""What can be known of the images without a container engine: their steps are the Makefile's, and
what they copy exists.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
FILES = ("Dockerfile", "docker/cuda.Dockerfile")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def steps(name: str, instruction: str) -> list[str]:
    """What follows each instruction of this kind, in order."""
    return re.findall(rf"^{instruction} (.*)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", FILES)
def test_what_is_copied_exists_and_is_all_that_an_installation_needs(name: str) -> None:
    copied = [
        source
        for step in steps(name, "COPY")
        if not step.startswith("--from")
        for source in step.split()[:-1]
    ]
    assert not [source for source in copied if not (ROOT / source).exists()]
    needed = {
        "Makefile",
        "constraints.txt",
        "CMakeLists.txt",
        "voices",
        PYPROJECT["project"]["readme"],
        *PYPROJECT["project"]["license-files"],
    }
    assert needed | set(PYPROJECT["tool"]["scikit-build"]["wheel"]["packages"]) <= set(copied)


@pytest.mark.parametrize("name", FILES)
def test_both_stages_have_a_python_that_sonant_runs_on(name: str) -> None:
    versions = [re.match(r"python:([0-9.]+)", image)[1] for image in steps(name, "FROM")]  # type: ignore[index]
    assert len(versions) == 2
    assert len(set(versions)) == 1
    assert SpecifierSet(PYPROJECT["project"]["requires-python"]).contains(versions[0])


@pytest.mark.parametrize("name", FILES)
def test_nothing_runs_as_root(name: str) -> None:
    users = steps(name, "USER")
    assert users
    assert not [user for user in users if user.split(":")[0] in ("0", "root")]
