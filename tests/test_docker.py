"""What can be known of the images without a container engine: their steps are the Makefile's, and
what they copy exists.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parent.parent
FILES = ("Dockerfile", "docker/cuda.Dockerfile")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")


def steps(name: str, instruction: str) -> list[str]:
    """What follows each instruction of this kind, in order."""
    return re.findall(rf"^{instruction} (.*)$", (ROOT / name).read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", FILES)
def test_each_step_is_a_target_of_the_makefile(name: str) -> None:
    targets = re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE)
    assert steps(name, "RUN")
    for step in steps(name, "RUN"):
        match = re.fullmatch(r'make ([a-z-]+) EXTRAS="?([a-z ]+)"?', step)
        assert match, step
        assert match[1] in targets
        assert set(match[2].split()) <= set(PYPROJECT["project"]["optional-dependencies"])


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


def test_the_service_is_asked_for_its_health_where_it_listens() -> None:
    (command,) = [json.loads(step) for step in steps("Dockerfile", "CMD")]
    port = command[command.index("--port") + 1]
    assert command[0] in PYPROJECT["project"]["scripts"]
    assert steps("Dockerfile", "EXPOSE") == [port]
    assert f":{port}/readyz" in steps("Dockerfile", "HEALTHCHECK")[0]
    assert '"/readyz"' in (ROOT / "service/http/routes.py").read_text("utf-8")


def test_what_git_ignores_is_not_copied_either() -> None:
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert {".venv/", "build/", "runs/", "**/__pycache__/", "**/*.so"} <= set(ignored)
