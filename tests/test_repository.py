"""The repository: nothing that is true on one machine only, pages that name what exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
# Joined here, so that this file is not found guilty of what it looks for.
ONE_MACHINE_ONLY = [
    "/".join(["", *parts]) + "/"
    for parts in (["work", "main"], ["work", "shared"], ["root"], ["home"], ["opt", "wheels"])
]
REGISTRIES = [
    ".".join(parts)
    for parts in (
        ["pypi", "org"],
        ["pythonhosted", "org"],
        ["download", "pytorch", "org"],
        ["npmjs", "org"],
        ["debian", "org"],
    )
]


def tracked() -> list[Path]:
    """The files of the repository, also those that are about to be committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def texts() -> dict[str, str]:
    found = {}
    for path in tracked():
        content = path.read_bytes()
        if b"\0" not in content:
            found[str(path.relative_to(ROOT))] = content.decode("utf-8")
    return found


def paths_named_in(page: str) -> set[str]:
    """What stands in backticks and is a path: it has a slash, or a suffix that our files have."""
    quoted = re.findall(r"`([A-Za-z0-9_./-]+)`", page)
    return {
        name
        for name in quoted
        if "NAME" not in name
        and re.fullmatch(r"\.?[a-z][\w./-]*(/|\.(py|md|toml|txt|json|cpp|h))", name)
    }


@pytest.mark.parametrize("secret", [*ONE_MACHINE_ONLY, *REGISTRIES])
def test_nothing_is_said_that_is_true_on_one_machine_only(secret: str) -> None:
    assert not [name for name, text in texts().items() if secret in text]


@pytest.mark.parametrize("name", PAGES)
def test_pages_name_targets_that_exist(name: str) -> None:
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    )
    page = (ROOT / name).read_text("utf-8")
    named = set(re.findall(r"(?:`|^ +|^)make ([a-z0-9-]+)", page, re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("name", PAGES)
def test_pages_name_files_that_exist(name: str) -> None:
    page = (ROOT / name).read_text("utf-8")
    assert not {
        path
        for path in paths_named_in(page)
        if not (ROOT / path).exists() and path not in MADE_LATER
    }


# Named in the pages, and made by the commands that they tell about.
MADE_LATER = {"runs/"}
