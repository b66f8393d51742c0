"""Bytes counted by hand, and what follows from them."""

from __future__ import annotations

import pytest
import torch

from training.bandwidth import (
    Throughput,
    copied_bytes_per_second,
    sample_bytes,
    speed_line,
    step_bytes,
)
from training.data.segments import SegmentConfig
from vocoder.config import LinguisticConfig, WaveNetConfig

SIZES = LinguisticConfig(category_sizes=(2, 2, 2, 2))
# R = 4, G = 6 (3 leave a gate), S = 5, A = 7, Q = 16, three layers of two taps, two predictions.
TINY = WaveNetConfig(
    num_layers=3, num_cycles=1, residual_channels=4, gate_channels=6, skip_channels=5,
    head_channels=7, quantisation_levels=16,
    prediction_order=2, max_lag=9, hop_length=10, linguistic=SIZES,
)  # fmt: skip


def test_bytes_of_a_sample_by_hand() -> None:
    # What lies in float32: the sum that goes from block to block, 4 channels, 16 bytes. In bf16:
    # taps 16, before a gate 12, after it 6, a residual product's 8, all gates 18, skips 10, head
    # 14, outputs 32. A code: 8.
    assert sample_bytes(TINY) == {
        # Codes in, two predictions out; three embeddings read codes. Rows: 16 written; twice 16
        # written, 32 read, 16 written. Backward three times 16 read.
        "first input": (8 + 16) + (24) + 16 + 2 * (16 + 32 + 16) + 3 * 16,
        # Forward: 16 in, 16 out; 16 + 8 in, 16 + 16 out; 16 + 8 in, 16 out (no sum follows the
        # last).
        # Backward: 16 in, 16 + 8 out; 16 + 16 in, 16 + 8 out; 16 + 16 in, 16 out.
        "taps side by side": (32 + 56 + 40) + (40 + 56 + 48),
        # Forward 16 in, 12 out; backward 12 in, 16 out and 12 + 16 in; three layers.
        "taps": 3 * (28 + 28 + 28),
        # Forward 12 in, 6 out; backward 12 + 6 in and 12 out, and 6 more in where a residual
        # product follows.
        "gates": 3 * (12 + 6) + 3 * (12 + 6 + 12) + 2 * 6,
        "conditions": 3 * 12,
        # Forward 6 in, 8 out; backward 8 in, 6 out and 8 + 6 in; two layers.
        "residual": 2 * (14 + 14 + 14),
        "gates side by side": 18 + 18,
        "skip": 3 * (18 + 10),
        "head": 3 * (10 + 14) + 3 * (14 + 32),
        # Forward in and out; backward two in, one out.
        "rectifiers": 5 * 10 + 5 * 14,
        "likelihood": (32 + 8 + 4) + (32 + 8 + 4 + 32),
    }


def test_in_float32_products_move_twice_as_much() -> None:
    half, full = sample_bytes(TINY), sample_bytes(TINY, bf16=False)
    for name in (
        "taps",
        "gates",
        "conditions",
        "residual",
        "gates side by side",
        "skip",
        "head",
        "rectifiers",
    ):
        assert full[name] == 2 * half[name], name
    assert full["first input"] == half["first input"]


def test_one_block_has_no_residual_path() -> None:
    alone = WaveNetConfig(
        num_layers=1,
        num_cycles=1,
        residual_channels=4,
        gate_channels=6,
        prediction_order=0,
        max_lag=0,
        linguistic=SIZES,
    )
    found = sample_bytes(alone)
    assert found["residual"] == 0
    assert found["taps side by side"] == (16 + 16) + (16 + 16)
    assert found["gates"] == (12 + 6) + (12 + 6 + 12)
    # torch's padding and the embedding, whose gradient is read
    assert found["first input"] == 8 + 8 + 16 + 16


def test_a_step_is_its_samples_and_its_weights() -> None:
    segments = SegmentConfig(segments=2, frames=3, context_frames=1)
    assert (
        step_bytes(TINY, segments, num_weights=1000)
        == 2 * 4 * 10 * sum(sample_bytes(TINY).values()) + 66_000
    )


def test_what_steps_per_second_mean() -> None:
    two_gpus = Throughput(
        audio_seconds=2 * SegmentConfig(segments=32).audio_seconds(160, 16_000),
        step_bytes=10_000_000_000,
        bandwidth=4e12,
    )
    assert two_gpus.figures(40.0) == pytest.approx(
        {"audio_seconds_per_second": 2 * 32 * 0.15 * 40, "bandwidth_share": 0.1}
    )
    assert (
        speed_line(two_gpus.figures(40.0)) == ", 384.0 s of audio per second, 10% of the bandwidth"
    )
    assert speed_line({"loss": 1.0}) == ""


def test_the_processor_is_not_asked_for_its_bandwidth() -> None:
    segments = SegmentConfig(segments=4, frames=15)
    found = Throughput.of(
        TINY,
        segments,
        num_weights=10,
        bf16=True,
        device=torch.device("cpu"),
        sample_rate=1000,
        processes=3,
    )
    assert found == Throughput(
        audio_seconds=3 * 0.6, step_bytes=step_bytes(TINY, segments, num_weights=10), bandwidth=None
    )
    assert found.figures(2.0) == {"audio_seconds_per_second": pytest.approx(3.6)}


def test_copies_count_what_is_read_and_what_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter(range(0, 1000, 2))  # each look at the clock two seconds after the last
    monkeypatch.setattr("training.bandwidth.time.perf_counter", lambda: float(next(times)))
    assert copied_bytes_per_second(torch.device("cpu"), num_bytes=1024) == 2 * 1024 * 10 / 2.0
