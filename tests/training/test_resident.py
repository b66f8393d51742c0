"""Batches cut out of a data set on the device are those that the host makes, and a run on them can
be stopped.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.test_loop import losses, tiny_vocoder
from training.data.dataset import PREDICTED, PreparedSet
from training.data.gpu_dataset import ResidentSegments
from training.data.segments import SegmentConfig
from training.loop import LoopConfig, Trainer
from training.vocoder_task import VocoderTask
from vocoder.config import WaveNetConfig
from vocoder.errors import InputError

LOOP = LoopConfig(total_steps=9, learning_rate=1e-3, warmup_steps=2, validate_every=100)


def tasks(
    prepared: PreparedSet, segments: SegmentConfig, **changes: object
) -> tuple[VocoderTask, VocoderTask]:
    """The same task with its batches made on the host and on the device."""
    config = WaveNetConfig.from_dict(tiny_vocoder(prepared).config.to_dict() | changes)
    made = []
    for resident in (False, True):
        torch.manual_seed(0)
        made.append(VocoderTask(prepared, config, segments, resident=resident))
    return made[0], made[1]


def resident(prepared: PreparedSet) -> VocoderTask:
    return tasks(prepared, SegmentConfig(segments=3, frames=4, context_frames=1))[1]


def assert_alike(on_device: dict[str, Tensor], on_host: dict[str, Tensor]) -> None:
    assert list(on_device) == list(on_host)
    for name, expected in on_host.items():
        assert on_device[name].dtype == expected.dtype, name
        if name == "coefficients":  # numpy may transform some frames together otherwise than others
            torch.testing.assert_close(on_device[name], expected, rtol=1e-5, atol=1e-6)
        else:
            assert torch.equal(on_device[name], expected), name


@pytest.mark.parametrize(
    "changes",
    [
        {"prediction_order": 128, "prediction_smoothing_hz": 10.0},
        {"prediction_order": 0},
        {"max_lag": 0},
        {"output": "gaussian", "quantisation_levels": 4096},
    ],
)
def test_the_same_draws_make_the_same_batch(
    copied: PreparedSet, changes: dict[str, object]
) -> None:
    predicted = np.array(copied.log_mel)
    predicted += np.random.default_rng(0).normal(0, 0.5, predicted.shape).astype(np.float16)
    np.save(copied.folder / PREDICTED, predicted)
    on_host, on_device = tasks(
        copied,
        SegmentConfig(segments=6, frames=4, context_frames=2, predicted_share=0.5),
        **changes,
    )
    seen = set()
    for seed in range(8):
        batches = [
            dict(task.batch(np.random.Generator(np.random.Philox(key=seed))))
            for task in (on_device, on_host)
        ]
        assert_alike(*batches)
        seen |= {
            (draw.withhold, draw.predicted, draw.start == 0)
            for draw in on_host.draw(np.random.Generator(np.random.Philox(key=seed)))
        }
    assert {(withhold, predicted) for withhold, predicted, _ in seen} == {
        (False, False),
        (False, True),
        (True, False),
        (True, True),
    }


def test_the_first_and_the_last_segment_of_an_utterance(prepared: PreparedSet) -> None:
    """The first code of an utterance has nothing before it; the last sample is the last."""
    on_host, on_device = tasks(prepared, SegmentConfig(segments=1, frames=4, context_frames=1))
    assert on_device.resident is not None
    for entry in on_host.training:
        for start in (0, entry.num_frames - 5):
            expected = on_host._segment(entry, start, 5, withhold=False)
            cut = on_device.resident.batch(
                [
                    on_host.draw(np.random.default_rng(0))[0]._replace(
                        entry=entry, start=start, withhold=False
                    )
                ]
            )
            assert_alike(cut, {name: value.unsqueeze(0) for name, value in expected.items()})


def test_utterances_that_were_not_aligned_have_no_features(copied: PreparedSet) -> None:
    first = copied.entries(validation=False)[0]
    entries = tuple(
        dataclasses.replace(entry, phoneme_start=-1, num_phonemes=0) if entry == first else entry
        for entry in copied.header.entries
    )
    dataclasses.replace(copied.header, entries=entries).write(copied.folder)
    on_host, on_device = tasks(
        PreparedSet(copied.folder), SegmentConfig(segments=6, frames=4, linguistic_dropout=0.0)
    )
    for seed in range(4):
        assert_alike(
            *(dict(task.batch(np.random.default_rng(seed))) for task in (on_device, on_host))
        )


def test_what_is_held_out_is_not_there(prepared: PreparedSet) -> None:
    task = resident(prepared)
    assert task.resident is not None
    hop = task.config.hop_length
    for entry in prepared.header.entries:
        codes = task.resident._arrays["codes"][
            entry.frame_start * hop : (entry.frame_start + entry.num_frames) * hop
        ]
        assert bool(codes.any()) is not entry.validation


def test_a_run_on_it_follows_the_same_curve(prepared: PreparedSet, tmp_path: Path) -> None:
    segments = SegmentConfig(segments=3, frames=4, context_frames=1)
    curves = [
        losses(Trainer(task, LOOP, tmp_path / name))
        for task, name in zip(tasks(prepared, segments), ("host", "device"), strict=True)
    ]
    assert len(set(curves[0])) == 9
    np.testing.assert_allclose(curves[1], curves[0], rtol=1e-5)


def test_a_stopped_run_on_it_ends_with_the_same_weights(
    prepared: PreparedSet, tmp_path: Path
) -> None:
    in_one = Trainer(resident(prepared), LOOP, tmp_path / "whole")
    in_one.report_every = 4
    whole = losses(in_one)
    curve: list[float] = []
    for until in (1, 6, 9):
        part = Trainer(resident(prepared), LOOP, tmp_path / "parts")
        part.report_every = 4
        curve += losses(part, until=until)
    assert curve == whole
    for kind in ("model", "average", "optimiser"):
        states = [
            torch.load(tmp_path / name / "checkpoint.pt", weights_only=True)[kind]
            for name in ("whole", "parts")
        ]
        if kind == "optimiser":
            states = [
                {
                    f"{key}.{name}": value
                    for key, moments in state["state"].items()
                    for name, value in moments.items()
                }
                for state in states
            ]
        assert list(states[0]) == list(states[1])
        for name, weights in states[0].items():
            assert torch.equal(states[1][name], weights), name


def test_a_device_without_room_is_named(
    prepared: PreparedSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Tensor, *arguments: object, **options: object) -> Tensor:
        raise torch.OutOfMemoryError("CUDA out of memory")

    task = resident(prepared)
    monkeypatch.setattr(Tensor, "to", full)
    with pytest.raises(InputError, match=r"no room for its 0\.\d GB"):
        ResidentSegments(
            prepared, task.training, task.config, task.quantiser, task.segments, torch.device("cpu")
        )
