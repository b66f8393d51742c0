"""The benchmark: what it compares must compute the same, and its figures must hang together."""

from __future__ import annotations

import json

import pytest
import torch
from torch.nn import functional

from tests.engine.engines import ENGINES
from tests.wavenet.networks import make_network, predictors, small_config
from tests.wavenet.networks import outputs as parallel_outputs
from vocoder.engine import benchmark as bench
from vocoder.engine.torch_loop import TorchLoop


@pytest.mark.parametrize("kernel_size", [2, 3])
def test_the_torch_loop_is_this_network(kernel_size: int) -> None:
    """Its outputs are the parallel network's, so its speed is that of the same work."""
    config = small_config(kernel_size=kernel_size, hop_length=1, prediction_order=0, max_lag=0)
    network = make_network(config)
    samples = 50
    features = torch.randn(
        1,
        samples,
        config.cond_channels + config.speaker_channels,
        generator=torch.Generator().manual_seed(0),
    )
    added = network.conditioning.project(features).view(
        1, samples, config.num_layers, config.gate_channels
    )
    loop = TorchLoop(network)
    codes, outputs = [], []
    for t in range(samples):
        outputs.append(loop.outputs(features[:, t : t + 1])[0])
        code = outputs[-1].argmax()
        codes.append(int(code))
        loop.previous = functional.one_hot(code.view(1, 1), config.quantisation_levels).float()
    torch.testing.assert_close(
        torch.stack(outputs),
        parallel_outputs(network, torch.tensor([codes]), added, predictors(config, samples))[0],
        rtol=0,
        atol=1e-4,
    )


def test_the_torch_loop_draws_codes() -> None:
    config = small_config()
    loop = TorchLoop(make_network(config))
    codes = loop.generate(torch.zeros(1, 30, config.cond_channels + config.speaker_channels))
    assert len(codes) == 30
    assert set(codes) <= set(range(config.quantisation_levels))
    assert len(set(codes)) > 1


def test_a_report_has_every_engine_and_its_ratios() -> None:
    seen: list[tuple[int, int]] = []
    report = bench.run(
        small_config(),
        sample_rate=100,
        streams=(1, 3),
        rounds=3,
        seconds=0.003,
        progress=lambda *count: seen.append(count),
    )
    rows = report.to_dict()["rows"]
    assert [row["engine"] for row in rows[:3]] == ["recomputed", "torch-loop", "reference"]
    assert {
        f"{row['engine']}-{row['isa']}-{row['precision']}"
        for row in rows
        if row["engine"] == "native"
    } == set(ENGINES[1:])
    assert {row["streams"] for row in rows if row["isa"] == rows[-1]["isa"]} == {1, 3}
    assert seen == [(count + 1, 3 * len(rows)) for count in range(3 * len(rows))]
    json.dumps(report.to_dict())
    speed = {row["engine"]: row["samples_per_cpu_second"] for row in rows}
    for row in rows:
        assert row["threads"] == 1 or (row["engine"] == "native" and row["streams"] > 1)
        assert row["multiply_adds_per_second"] > 0
        assert (
            0 < row["share_of_peak"] < 1 if row["engine"] == "native" else row["share_of_peak"] == 0
        )
        assert (row["first_chunk_seconds"] > 0) == (row["engine"] in ("native", "reference"))
        assert row["precision"] == "fp32" or row["engine"] == "native"
        assert row["samples_per_second"] > 0
        assert row["real_time_factor"] == pytest.approx(row["samples_per_second"] / 100, rel=0.01)
        assert row["times_recomputed"] == pytest.approx(
            row["samples_per_cpu_second"] / speed["recomputed"], rel=0.05
        )
        assert row["times_torch_loop"] == pytest.approx(
            row["samples_per_cpu_second"] / speed["torch-loop"], rel=0.05
        )
    assert bench.table(report).count("\n") == len(rows) + 3


def test_medians_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """One disturbed round changes nothing."""
    rounds = iter([1.0, 1.0, 100.0])
    contestants = [
        bench.Contestant(
            engine="recomputed",
            precision="fp32",
            isa="cpu",
            streams=2,
            threads=1,
            state_bytes=0,
            work=lambda _: None,
        )
    ]
    monkeypatch.setattr(bench, "_contestants", lambda *_: contestants)
    monkeypatch.setattr(bench, "_samples_in", lambda *_: 50)
    monkeypatch.setattr(bench, "_time", lambda *_: (next(rounds), 0.5))
    (row,) = bench.run(small_config(), sample_rate=10, rounds=3).rows
    assert (row.samples_per_second, row.real_time_factor, row.samples_per_cpu_second) == (
        100.0,
        10.0,
        200.0,
    )


def test_the_reference_size_is_that_of_the_design() -> None:
    config = bench.reference_config()
    assert (config.num_layers, max(config.dilations), config.kernel_size) == (20, 512, 2)
    # the design counts it, the network leaves it out
    last_residual = config.gated_channels * config.residual_channels
    assert bench.EngineWeights.of(bench.WaveNet(config)).multiply_adds + last_residual == 868_352


def test_a_network_without_a_softmax_has_no_torch_loop() -> None:
    report = bench.run(small_config(output="gaussian"), streams=(1,), rounds=1, seconds=0.001)
    assert "torch-loop" not in {row.engine for row in report.rows}
    assert {row.times_torch_loop for row in report.rows} == {0.0}


def test_the_module_is_a_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = []
    report = bench.run(small_config(), streams=(1,), rounds=1, seconds=0.001)
    monkeypatch.setattr(bench, "run", lambda config, **_: asked.append(config) or report)
    bench.main(["--json", "--reference-size"])
    assert json.loads(capsys.readouterr().out) == json.loads(json.dumps(report.to_dict()))
    bench.main([])
    assert "samples/s" in capsys.readouterr().out
    assert asked[0] == bench.reference_config() != asked[1]
