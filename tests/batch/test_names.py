"""Names of files: whatever the ids, none leaves the folder, none is another's, and every file
system takes them.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocoder.batch.names import LONGEST, Names, is_fine

HOSTILE = [
    "a/b", "../../etc/passwd", "/etc/passwd", "a\nb", "a\0b", ".", "..", ".hidden", "-rf", "a.",
    "a ", " a", "x" * 300, "Füße", "日本語", "\u202etxt", "con",
    "CON", "nul.txt", "COM1", "lpt9.x", "a:b", "a\\b", "C:\\x", "~", "*", "%00", "\x1b[31m",
    "manifest/", "é", "e\u0301",
]  # fmt: skip
# Ids that clash where case does not count, or that look like what is made of others.
IDS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text("aAbB.-", min_size=1, max_size=3),
    st.sampled_from(HOSTILE),
)


def check(name: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name)
    assert len(name) <= LONGEST
    assert not name.endswith(".")
    assert name.split(".", maxsplit=1)[0].lower() not in {
        "con",
        "prn",
        "aux",
        "nul",
        *(f"{kind}{digit}" for kind in ("com", "lpt") for digit in range(10)),
    }
    assert is_fine(name)


@given(st.lists(IDS, unique=True))
def test_every_id_has_a_name_that_is_fine_and_its_own(ids: list[str]) -> None:
    names = Names()
    given_names = [names.of(identity) for identity in ids]
    for name in given_names:
        check(name)
    assert len({name.lower() for name in given_names}) == len(ids)
    assert [names.of(identity) for identity in ids] == given_names


@given(st.lists(IDS, unique=True), st.integers(0, 20))
def test_a_run_that_goes_on_gives_the_names_that_it_gave(ids: list[str], done: int) -> None:
    whole, first, second = Names(), Names(), Names()
    expected = {identity: whole.of(identity) for identity in ids}
    for identity in ids[:done]:
        second.keep(identity, first.of(identity))
    assert {identity: second.of(identity) for identity in ids} == expected


@pytest.mark.parametrize("identity", HOSTILE)
def test_a_hostile_id_has_a_fingerprint(identity: str) -> None:
    name = Names().of(identity)
    check(name)
    assert re.fullmatch(r".+-[0-9a-f]{12}", name)


@pytest.mark.parametrize(
    "identity",
    ["intro", "LJ001-0001", "chapter.1", "000001", "a_b", "_x", "x" * LONGEST, "console"],
)
def test_a_fine_id_is_its_name(identity: str) -> None:
    assert Names().of(identity) == identity


def test_of_two_ids_that_differ_in_case_the_second_has_a_fingerprint() -> None:
    names = Names()
    assert names.of("Intro") == "Intro"
    assert re.fullmatch(r"intro-[0-9a-f]{12}", names.of("intro"))


def test_an_id_that_is_another_ones_fingerprinted_name_gets_one_of_its_own() -> None:
    made = Names().of("a/b")
    names = Names()
    assert names.of(made) == made
    check(names.of("a/b"))
    assert names.of("a/b") != made


def test_what_is_left_of_an_id_can_be_read() -> None:
    assert Names().of("Kapitel 1/Über uns").startswith("Kapitel-1-Uber-uns-")
