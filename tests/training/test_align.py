from __future__ import annotations

import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch

from tests.training.test_recogniser import posteriors, tiny
from training.alignment import phoneme_chain as chains
from training.alignment.align import align
from training.alignment.boundaries import Beginnings
from training.alignment.phoneme_chain import best_path, build_chain, pronounce, viterbi
from training.data.dataset import DatasetEntry, Header, PreparedSet
from training.recogniser import alignment
from training.recogniser.alignment import align_by_recogniser, log_priors
from training.recogniser.network import Recogniser
from vocoder.errors import InputError
from vocoder.text.inventory import PAUSE, PHONEMES

PAUSE_INDEX = PHONEMES.index(PAUSE)


def entry(text: str) -> DatasetEntry:
    return DatasetEntry(
        id="one", text=text, speaker=0, validation=False, frame_start=0, num_frames=1
    )


def test_a_chain_has_the_phonemes_in_order_and_pauses_between_words_may_be_skipped() -> None:
    features = pronounce(entry("One, two three."))
    chain = build_chain(features, parts=2)
    units = [
        (int(chain.phonemes[place]), chain.rows[chain.units[place]])
        for place in range(0, len(chain.phonemes), 2)
    ]
    assert [phoneme for phoneme, row in units if row >= 0] == features.categories[:, 0].tolist()
    # between "two" and "three"; the comma has a pause of its own
    assert sum(row < 0 for _, row in units) == 1
    assert (chain.parts.reshape(-1, 2) == [0, 1]).all()
    skipped = [(chain.skip_to[place], place) for place in np.flatnonzero(chain.skip_to >= 0)]
    assert len(skipped) == 2
    for before, after in skipped:
        between = set(chain.phonemes[before + 1 : after].tolist())
        assert between == {PAUSE_INDEX}
        assert after - before == 3


def test_the_best_path_is_the_best_of_all() -> None:
    rng = np.random.default_rng(5)
    skip_to = np.array([-1, -1, -1, 1, -1])  # place 2 may be left out
    for _ in range(20):
        emissions = rng.normal(size=(7, 5)).astype(np.float32)

        def paths(place: int, left: int) -> list[list[int]]:
            if left == 0:
                return [[place]] if place == 4 else []
            following = [place, *([place + 1] if place < 4 else []), *([3] if place == 1 else [])]
            return [[place, *rest] for way in following for rest in paths(way, left - 1)]

        every = paths(0, 6)
        best = max(
            every, key=lambda path: sum(emissions[frame, place] for frame, place in enumerate(path))
        )
        path, worth = viterbi(emissions, skip_to)
        assert path.tolist() == best
        assert worth == pytest.approx(
            sum(float(emissions[frame, place]) for frame, place in enumerate(best)), abs=1e-5
        )


def test_a_text_too_long_for_its_recording_is_named() -> None:
    chain = build_chain(pronounce(entry("Nothing at all.")), parts=3)
    with pytest.raises(InputError, match="one: the text does not fit") as raised:
        best_path(chain, np.zeros((5, len(chain.phonemes)), np.float32), entry("Nothing at all."))
    assert raised.value.field == "one"


def test_a_text_with_nothing_to_speak_is_named() -> None:
    with pytest.raises(InputError, match="one: nothing to speak"):
        pronounce(entry("..."))


def test_the_recogniser_puts_phonemes_where_it_hears_them(
    copied: PreparedSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that hears everything ten frames later than the alignment at hand has it moved
    there, and pauses where it hears pauses.
    """
    heard: dict[str, np.ndarray] = {}
    for one in copied.header.entries:
        categories, _, durations = copied.phonemes(one)
        frames = np.repeat(categories[:, 0], durations)
        assert durations[0] > 0
        heard[one.id] = np.concatenate([np.full(10, PAUSE_INDEX), frames[:-10]])
    monkeypatch.setattr(
        alignment,
        "log_posteriors",
        lambda network, data, one: posteriors(heard[one.id].tolist(), doubt=0.01),
    )
    before = Beginnings.of(copied)
    align_by_recogniser(copied, Recogniser(tiny()))
    after = PreparedSet(copied.folder)
    assert after.header.aligned_by == "recogniser"
    moved = Beginnings.of(after).seconds - before.seconds
    assert np.mean(np.abs(moved - 0.1) < 1e-9) > 0.8  # the last phonemes have no room
    assert "phonemes begin" in Beginnings.of(after).moved_since(before)
    for one in after.header.entries:
        assert after.phonemes(one)[2].sum() == one.num_frames
        assert one.score > 0  # what is heard is likelier than by chance: divided by the priors


def test_priors_are_shares_of_the_frames_trained_on(copied: PreparedSet) -> None:
    priors = log_priors(copied, len(PHONEMES))
    assert np.exp(priors).sum() == pytest.approx(1.0, abs=1e-5)
    pause = [
        copied.phonemes(one)[2][copied.phonemes(one)[0][:, 0] == PAUSE_INDEX].sum()
        for one in copied.entries(validation=False)
    ]
    frames = sum(one.num_frames for one in copied.entries(validation=False))
    assert np.exp(priors[PAUSE_INDEX]) == pytest.approx(
        (sum(pause) + 1) / (frames + len(PHONEMES)), rel=1e-5
    )


def test_an_untrained_recogniser_still_covers_every_frame(copied: PreparedSet) -> None:
    torch.manual_seed(0)
    align_by_recogniser(copied, Recogniser(tiny()))
    after = PreparedSet(copied.folder)
    for one, two in pairwise(after.header.entries):
        assert one.phoneme_start + one.num_phonemes == two.phoneme_start
    assert all(after.phonemes(one)[2].sum() == one.num_frames for one in after.header.entries)


def test_aligning_again_keeps_what_is_set_aside_and_says_by_what(copied: PreparedSet) -> None:
    entries = tuple(
        dataclasses.replace(one, set_aside="noisy" if one.id == "utt2" else "")
        for one in copied.header.entries
    )
    dataclasses.replace(copied.header, entries=entries).write(copied.folder)
    align(copied.folder)
    header = Header.read(copied.folder)
    assert header.aligned_by == "mixtures"
    assert [one.id for one in header.entries if one.set_aside] == ["utt2"]
    # the same recordings, the same alignment
    assert copied.alignment_fingerprint() == PreparedSet(copied.folder).alignment_fingerprint()


def test_an_added_pause_shorter_than_a_closure_belongs_to_the_next_phoneme(
    copied: PreparedSet,
) -> None:
    one = copied.header.entries[1]  # "The cat sat on the mat."
    features = pronounce(one)
    chain = build_chain(features, parts=1)
    added = [unit for unit, row in enumerate(chain.rows) if row < 0]
    for length, kept in ((chains.SHORTEST_ADDED_PAUSE - 1, 0), (chains.SHORTEST_ADDED_PAUSE, 1)):
        lengths = np.where([unit in added for unit in range(len(chain.rows))], 0, 2)
        lengths[added[0]] = length
        path = np.repeat(np.arange(len(chain.rows)), lengths)
        data = dataclasses.replace(copied.header, entries=(one,))
        copied.header = data
        chains.write_alignment(copied, [features], [chain], [(path, 0.0)], aligned_by="mixtures")
        categories, _, durations = PreparedSet(copied.folder).phonemes(
            PreparedSet(copied.folder).header.entries[0]
        )
        assert len(categories) == features.num_phonemes + kept
        assert durations.sum() == len(path)
        assert durations.max() == (chains.SHORTEST_ADDED_PAUSE if kept else 2 + length)
