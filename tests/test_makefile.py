"""The Makefile does what is missing and nothing else. `make -n` says what it would do; nothing is
installed here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
INSTALL_PACKAGES = "install --quiet --requirement"
BUILD = "install --quiet --no-deps "  # and, where developers build, without isolation
INSTALL_ENGINE = "--editable ."


def make(folder: Path, *arguments: str, compiler: str = "sh", merged: bool = False) -> str:
    """What `make` prints, with its standard error where merged. Any command can stand for the
    compiler: nothing is compiled.
    """
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MAKE", "EXTRAS", "VENV"))
    }
    environment["CXX"] = compiler
    result = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    return result.stdout + result.stderr if merged else result.stdout


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """What a clone has of that on which the Makefile depends, all of it a minute old."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "CMakeLists.txt"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "vocoder/native", tmp_path / "vocoder/native")
    age(tmp_path, 60)
    return tmp_path


@pytest.fixture
def installed(fresh: Path) -> Path:
    """The same after `make setup` with a compiler, half a minute later."""
    (fresh / ".venv/bin").mkdir(parents=True)
    (fresh / ".venv/bin/python").touch()
    for stamp in stamps(fresh):
        (fresh / stamp).touch()
    age(fresh / ".venv", 30)
    return fresh


@pytest.fixture
def pretending(fresh: Path) -> Path:
    """A clone whose Python writes down what it is asked, and has a native engine where there is a
    file `native`.
    """
    python = fresh / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(
        '#!/bin/sh\necho "$*" >> asked\ncase "$*" in *_native*) test -e native;; esac\n', "utf-8"
    )
    python.chmod(0o755)
    age(python.parent, 30)
    (fresh / "native").touch()
    return fresh


def age(folder: Path, seconds: float) -> None:
    for path in [folder, *folder.rglob("*")]:
        then = path.stat().st_mtime - seconds
        os.utime(path, (then, then))


def stamps(folder: Path) -> list[str]:
    """The files whose age says that all is installed, as the Makefile names them."""
    database = make(folder, "-p", "help")
    return [
        re.search(rf"^{name} := (.*)$", database, re.MULTILINE)[1].replace("$(VENV)", ".venv")
        for name in ("PACKAGES", "ENGINE")
    ]  # type: ignore[index]


def test_setup_has_nothing_to_do_the_second_time(installed: Path) -> None:
    assert "Nothing to be done" in make(installed, "setup")


def test_an_engine_that_could_not_be_built_is_tried_again(pretending: Path) -> None:
    """And it is said what that costs; one day there is a compiler."""
    (pretending / "native").unlink()
    for _ in range(2):
        (pretending / "asked").write_text("")
        make(pretending, "setup")
        assert "--editable" in (pretending / "asked").read_text("utf-8")
    assert "the reference engine serves" in make(pretending, "setup", "--silent", merged=True)
    # Not in this order: the two sides of a pipe begin at once.
    assert "install --quiet -r /dev/stdin" in (pretending / "asked").read_text("utf-8")


@pytest.mark.parametrize(
    "name", ["CMakeLists.txt", "vocoder/native/engine/kernels.cpp", "vocoder/native/vector.h"]
)
def test_a_change_of_the_engine_builds_the_engine_alone(installed: Path, name: str) -> None:
    (installed / name).touch()
    plan = make(installed, "-n", "setup")
    assert INSTALL_ENGINE in plan
    assert INSTALL_PACKAGES not in plan


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_a_change_of_the_dependencies_installs_them(installed: Path, name: str) -> None:
    (installed / name).touch()
    plan = make(installed, "-n", "setup")
    assert plan.index(INSTALL_PACKAGES) < plan.index(INSTALL_ENGINE)


def test_serving_installs_what_serving_needs(fresh: Path) -> None:
    """And no build tools: pip builds in an environment that it drops."""
    plan = make(fresh, "-n", "serve")
    assert re.search(r'"\$REQUIREMENTS" service codecs( gpu)? \|', plan)
    assert f"{BUILD} --editable ." in plan
    assert f"{BUILD}--no-build-isolation --editable ." in make(fresh, "-n", "test")


@pytest.mark.parametrize("extras", [["service"], ["service", "dev"]])
def test_what_builds_is_installed_for_developers_alone(fresh: Path, extras: list[str]) -> None:
    script = re.search(
        r"^define REQUIREMENTS\n(.*?)^endef$", make(fresh, "-p", "help"), re.MULTILINE | re.DOTALL
    )[1]  # type: ignore[index]
    asked = subprocess.run(
        [sys.executable, "-c", script, *extras],
        cwd=fresh,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    names = {re.match("[A-Za-z0-9._-]*", line)[0] for line in asked}  # type: ignore[index]
    assert {"numpy", "fastapi"} <= names
    assert not {"torch", "scipy", "torchaudio", "pandas"} & names
    assert ({"cmake", "ninja", "nanobind"} <= names) == ("dev" in extras)


def test_no_python_that_fits_is_said_in_one_sentence(fresh: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        make(fresh, "setup", "PYTHON=")
    assert "Sonant needs Python 3.11 or 3.12" in caught.value.stderr
