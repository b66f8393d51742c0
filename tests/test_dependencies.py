"""What is imported is declared, what is declared is used, and what is installed is pinned."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions, requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parent.parent
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = SETTINGS["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]

# Named in the Makefile: what scikit-build-core would fetch for an isolated build.
BUILT_WITH = ("cmake", "ninja")
# What CUDA builds of torch bring, each build its own versions; of triton the one that is pinned.
WITH_CUDA = re.compile("nvidia-|cuda-")
# Which extras each package may count on, beside the core dependencies.
AT_HAND = {
    "vocoder": ("reference", "analysis", "train", "batch", "gpu", "distributed"),
    "service": ("service", "codecs", "telemetry", "wyoming", "distributed"),
    "training": ("reference", "analysis", "train", "measure"),
    "tests": (
        "reference",
        "analysis",
        "service",
        "codecs",
        "telemetry",
        "wyoming",
        "train",
        "measure",
        "batch",
        "distributed",
        "dev",
    ),
}
# Several distributions put their modules below one name: whose they are, by the longest beginning.
SHARED = {
    "opentelemetry": {
        "opentelemetry": "opentelemetry-api",
        "opentelemetry.sdk": "opentelemetry-sdk",
        "opentelemetry.exporter.otlp.proto.http": "opentelemetry-exporter-otlp-proto-http",
    }
}


def requirements(lines: Iterable[str]) -> list[Requirement]:
    return [Requirement(line) for line in lines if not line.startswith("sonant[")]


def names(lines: Iterable[str]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements(lines)}


# Installed without what they require, beside the extra of the same name.
WITHOUT_DEPENDENCIES: dict[str, list[str]] = SETTINGS["dependency-groups"]
DECLARED = [
    *SETTINGS["build-system"]["requires"],
    *PROJECT["dependencies"],
    *(line for lines in EXTRAS.values() for line in lines),
]
ALONE = [line for lines in WITHOUT_DEPENDENCIES.values() for line in lines]


def pins() -> dict[str, str]:
    lines = [
        line
        for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()
        if not line.startswith("#")
    ]
    found: dict[str, str] = {}
    for line in lines:
        match = re.fullmatch(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.]+)", line)
        assert match, f"constraints.txt: {line!r} is not NAME==VERSION"
        assert canonicalize_name(match[1]) not in found, f"constraints.txt pins {match[1]} twice"
        found[canonicalize_name(match[1])] = match[2]
    return found


def with_what_they_need(requirement: Requirement, found: dict[str, str]) -> dict[str, str]:
    """Adds the requirement's distribution and all that it needs here, each with the version that is
    installed.
    """
    name = canonicalize_name(requirement.name)
    new_extras = requirement.extras or {""}
    found[name] = Version(version(name)).public
    for line in requires(name) or ():
        need = Requirement(line)
        wanted = need.marker is None or any(
            need.marker.evaluate({"extra": extra}) for extra in new_extras
        )
        if (
            wanted
            and not WITH_CUDA.match(need.name)
            and (canonicalize_name(need.name) not in found or need.extras)
        ):
            with_what_they_need(need, found)
    return found


def third_party(folder: str) -> Iterator[tuple[str, str]]:
    """Each distribution that a file of this folder imports, and one such file."""
    owners = packages_distributions()
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            for module in set(modules):
                top = module.partition(".")[0]
                if top in SHARED:
                    beginnings = [
                        name for name in SHARED[top] if f"{module}.".startswith(f"{name}.")
                    ]
                    yield SHARED[top][max(beginnings, key=len)], str(path.relative_to(ROOT))
                elif top not in sys.stdlib_module_names and top not in AT_HAND:
                    yield canonicalize_name(owners[top][0]), str(path.relative_to(ROOT))


@pytest.mark.parametrize("folder", AT_HAND)
def test_what_is_imported_is_declared(folder: str) -> None:
    lines = [
        line
        for extra in AT_HAND[folder]
        for line in (*EXTRAS[extra], *WITHOUT_DEPENDENCIES.get(extra, ()))
    ]
    at_hand = names(PROJECT["dependencies"]) | names(lines)
    # Theirs for good: fastapi is a layer on starlette, pydantic one on its core, pytest compares
    # versions, and uvicorn speaks WebSocket with it.
    brought = {
        "starlette": "fastapi",
        "pydantic-core": "pydantic",
        "packaging": "pytest",
        "websockets": "uvicorn",
    }
    missing = {
        f"{name} ({path})"
        for name, path in third_party(folder)
        if brought.get(name, name) not in at_hand
    }
    assert not missing


@pytest.mark.parametrize(
    "requirement",
    requirements([*DECLARED, *ALONE, *BUILT_WITH]),
    ids=lambda requirement: requirement.name,
)
def test_what_is_declared_is_pinned_to_a_version_it_allows(requirement: Requirement) -> None:
    pinned = pins()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(pinned)


def test_what_is_installed_is_pinned_to_that_version() -> None:
    installed: dict[str, str] = {}
    for requirement in requirements([*DECLARED, *BUILT_WITH]):
        with_what_they_need(requirement, installed)
    installed |= {
        canonicalize_name(requirement.name): Version(version(requirement.name)).public
        for requirement in requirements(ALONE)
    }
    pinned = pins()
    assert {name: pinned.get(name) for name in installed} == installed
    assert set(pinned) - set(installed) == {"cython"}, (
        "pinned for nothing (cython is there while pip builds pyworld and pesq)"
    )
