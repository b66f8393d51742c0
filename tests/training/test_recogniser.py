from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.data.dataset import PreparedSet
from training.loop import LoopConfig, Trainer
from training.recogniser.decoding import Errors, compare, decode
from training.recogniser.measure import PAUSE as PAUSE_INDEX
from training.recogniser.measure import frame_phonemes, log_posteriors, measure, phoneme_errors
from training.recogniser.network import Recogniser, RecogniserConfig
from training.recogniser.task import RecogniserSegments, RecogniserTask
from vocoder.config import LinguisticConfig, WaveNetConfig
from vocoder.errors import ConfigError
from vocoder.text.features import category_sizes
from vocoder.text.inventory import PAUSE, PHONEMES


def tiny_wavenet(**changes: object) -> WaveNetConfig:
    shape: dict[str, object] = {
        "num_layers": 4, "num_cycles": 1, "residual_channels": 8, "gate_channels": 16,
        "skip_channels": 16, "head_channels": 16,
        "prediction_order": 0, "max_lag": 0,
        "linguistic": LinguisticConfig(category_sizes=category_sizes()),
    }  # fmt: skip
    return WaveNetConfig(**(shape | changes))  # type: ignore[arg-type]


def tiny() -> RecogniserConfig:
    return RecogniserConfig(
        wavenet=tiny_wavenet(), frame_channels=16, frame_layers=1, frame_kernel_size=3
    )


def posteriors(frames: list[int], doubt: float = 0.1) -> np.ndarray:
    """Log-posteriors in which each frame's phoneme is the given one, but for a doubt shared by all
    others.
    """
    shares = np.full((len(frames), len(PHONEMES)), doubt / (len(PHONEMES) - 1))
    shares[np.arange(len(frames)), frames] = 1 - doubt
    return np.log(shares).astype(np.float32)


# The network.


def test_the_next_sample_depends_on_the_past_and_phonemes_on_their_frame_and_neighbours() -> None:
    torch.manual_seed(0)
    network = Recogniser(tiny()).eval()
    codes = torch.randint(0, 256, (1, 12 * 160))
    changed = codes.clone()
    at = 6 * 160 + 80
    changed[0, at] = (changed[0, at] + 100) % 256
    (outputs, logits), (others, other_logits) = network(codes), network(changed)
    moved = (outputs != others).any(-1)[0].nonzero().flatten()
    assert moved.min() == at + 1
    assert moved.max() == at + network.config.wavenet.receptive_field
    moved_frames = (logits != other_logits).any(-1)[0].nonzero().flatten().tolist()
    assert moved_frames == [5, 6, 7]  # three frames under the one convolution


def test_both_outputs_have_the_shapes_they_promise() -> None:
    outputs, logits = Recogniser(tiny())(torch.zeros(2, 3 * 160, dtype=torch.long))
    assert outputs.shape == (2, 3 * 160, 256)
    assert logits.shape == (2, 3, len(PHONEMES))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"wavenet": tiny_wavenet(max_lag=4)}, "max_lag"),
        ({"wavenet": tiny_wavenet(output="gaussian")}, "softmax"),
        ({"frame_kernel_size": 4}, "frame_kernel_size"),
        ({"frame_layers": 0}, "frame_layers"),
        ({"dropout": 1.0}, "dropout"),
    ],
)
def test_a_shape_that_makes_no_sense_is_refused_by_name(
    changes: dict[str, object], named: str
) -> None:
    with pytest.raises(ConfigError, match=named):
        RecogniserConfig(**({"wavenet": tiny_wavenet()} | changes))  # type: ignore[arg-type]


def test_a_configuration_survives_json() -> None:
    assert RecogniserConfig.from_dict(tiny().to_dict()) == tiny()


def test_the_pause_is_where_the_inventory_has_it() -> None:
    assert PHONEMES[PAUSE_INDEX] == PAUSE


# Decoding and counting.


def test_a_frame_of_doubt_is_not_heard_as_a_phoneme() -> None:
    frames = [5] * 6 + [9] + [5] * 6 + [7] * 6
    found = posteriors(frames, doubt=0.6)
    assert decode(found, switch_penalty=0.0).tolist() == [5, 9, 5, 7]
    assert decode(found, switch_penalty=4.0).tolist() == [5, 7]


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=6), st.floats(0, 4), st.integers(0, 2**32 - 1)
)
def test_decoding_finds_the_best_of_all_paths(frames: list[int], penalty: float, seed: int) -> None:
    found = np.random.default_rng(seed).normal(size=(len(frames), 3)).astype(np.float32)

    def worth(path: tuple[int, ...]) -> float:
        return sum(
            float(found[frame, phoneme]) for frame, phoneme in enumerate(path)
        ) - penalty * sum(a != b for a, b in pairwise(path))

    every = [
        tuple(number // 3**place % 3 for place in range(len(frames)))
        for number in range(3 ** len(frames))
    ]
    best = max(every, key=worth)
    collapsed = [
        phoneme for place, phoneme in enumerate(best) if place == 0 or phoneme != best[place - 1]
    ]
    assert decode(found, switch_penalty=penalty).tolist() == collapsed


@pytest.mark.parametrize(
    ("true", "heard", "substitutions", "deletions", "insertions"),
    [
        ("kitten", "sitting", 2, 0, 1),
        ("abc", "abc", 0, 0, 0),
        ("abc", "", 0, 3, 0),
        ("abc", "axbxc", 0, 0, 2),
        ("abcd", "bd", 0, 2, 0),
    ],
)
def test_errors_are_the_fewest_changes(
    true: str, heard: str, substitutions: int, deletions: int, insertions: int
) -> None:
    found = compare([ord(letter) for letter in true], [ord(letter) for letter in heard])
    assert found == Errors(
        substitutions=substitutions, deletions=deletions, insertions=insertions, length=len(true)
    )
    assert found.rate == (substitutions + deletions + insertions) / len(true)


@given(
    st.lists(st.integers(0, 3), min_size=1, max_size=12), st.lists(st.integers(0, 3), max_size=12)
)
def test_changes_account_for_the_lengths(true: list[int], heard: list[int]) -> None:
    found = compare(true, heard)
    assert len(true) - found.deletions + found.insertions == len(heard)
    assert abs(len(true) - len(heard)) <= found.count <= max(len(true), len(heard))
    assert (found.count == 0) == (true == heard)


def test_a_recogniser_that_is_always_right_makes_no_errors(prepared: PreparedSet) -> None:
    entry = prepared.header.entries[1]
    frames = frame_phonemes(prepared, entry)
    assert len(frames) == entry.num_frames
    errors = phoneme_errors(prepared, entry, posteriors(frames.tolist()))
    assert errors.count == 0
    categories, _, _ = prepared.phonemes(entry)
    assert errors.length == int((categories[:, 0] != PAUSE_INDEX).sum()) > 5


# Training.


def test_a_batch_names_the_phoneme_of_each_frame(prepared: PreparedSet) -> None:
    task = RecogniserTask(prepared, tiny(), RecogniserSegments(frames=30))
    batch = task.batch(np.random.default_rng(3))
    assert batch["codes"].shape == (4, 30 * 160)
    whole = {entry.id: (frame_phonemes(prepared, entry), entry) for entry in task.training}
    for codes, phonemes in zip(batch["codes"].numpy(), batch["phonemes"].numpy(), strict=True):
        # Where its codes are found again, its phonemes must be found, too.
        hits = [
            np.array_equal(frames[start : start + 30], phonemes)
            for frames, entry in whole.values()
            for start in range(entry.num_frames - 29)
            if np.array_equal(
                task.quantiser.encode(emphasised(prepared, entry))[
                    start * 160 : (start + 30) * 160
                ],
                codes,
            )
        ]
        assert hits == [True]


def emphasised(data: PreparedSet, entry: object) -> np.ndarray:
    wave = data.wave(entry)  # type: ignore[arg-type]
    return (wave - data.audio.pre_emphasis * np.concatenate([[0.0], wave[:-1]])).astype(np.float32)


def test_training_goes_on_where_it_was_and_lowers_both_losses(
    prepared: PreparedSet, tmp_path: Path
) -> None:
    loop = LoopConfig(
        total_steps=30,
        learning_rate=5e-3,
        warmup_steps=5,
        bf16=False,
        ema_decay=0.5,
        validate_every=30,
    )

    def trainer(folder: str) -> Trainer:
        torch.manual_seed(loop.seed)
        return Trainer(
            RecogniserTask(prepared, tiny(), RecogniserSegments(frames=40)), loop, tmp_path / folder
        )

    figures: dict[int, dict[str, float]] = {}
    trainer("whole").run(lambda step, found: figures.update({step: found}))
    trainer("parts").run(lambda step, found: None, until=11)
    second = trainer("parts")
    resumed: dict[int, dict[str, float]] = {}
    second.run(lambda step, found: resumed.update({step: found}))
    for found in (resumed[30], figures[30]):
        del found["steps_per_second"]
    assert resumed[30] == figures[30]
    assert figures[30]["phoneme"] < figures[1]["phoneme"] - 0.5
    assert figures[30]["next_sample"] < figures[1]["next_sample"] - 0.2
    assert set(figures[30]) >= {
        "validation/frame_accuracy",
        "validation/phoneme_error_rate",
        "validation/next_sample_bits",
    }
    measured = measure(second.average, prepared, torch.device("cpu"))  # type: ignore[arg-type]
    assert measured.total.rate == figures[30]["validation/phoneme_error_rate"]
    assert measured.to_dict()["utterances"].keys() == {"utt5"}
    entry = prepared.entries(validation=True)[0]
    found = log_posteriors(second.average, prepared, entry)  # type: ignore[arg-type]
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1.0, rtol=1e-4)
    assert (
        np.mean(found.argmax(axis=1) == frame_phonemes(prepared, entry)) == measured.frame_accuracy
    )
