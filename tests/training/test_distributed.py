"""Several processes under torchrun: the same weights everywhere, and those of one process that sees
all their batches.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.training.test_loop import tiny_vocoder
from training.data.dataset import PreparedSet
from training.loop import Batch, LoopConfig, Trainer
from training.stages import own_device

PROCESSES, STEPS = 2, 3
LOOP = LoopConfig(
    total_steps=STEPS, learning_rate=1e-3, warmup_steps=1, validate_every=100, bf16=False
)
PROGRAM = """
import sys
from pathlib import Path
import torch
from tests.training.test_distributed import LOOP
from tests.training.test_loop import tiny_vocoder
from training.data.dataset import PreparedSet
from training.loop import Trainer
torch.set_num_threads(1)
torch.distributed.init_process_group("gloo")
folder = Path(sys.argv[2])
trainer = Trainer(tiny_vocoder(PreparedSet(Path(sys.argv[1]))), LOOP, folder)
trainer.run(lambda step, figures: None)
torch.save(trainer.model.state_dict(), folder / f"rank{trainer.rank}.pt")
torch.distributed.destroy_process_group()
"""


@pytest.mark.parametrize(
    ("device", "own"), [("cuda", "cuda:1"), ("cuda:0", "cuda:0"), ("cpu", "cpu")]
)
def test_each_process_of_a_machine_has_a_card_of_its_own(
    device: str, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOCAL_RANK", raising=False)
    assert own_device(device) == device
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert own_device(device) == own


@pytest.mark.slow
def test_several_processes_are_one_with_all_their_batches(
    prepared: PreparedSet, tmp_path: Path
) -> None:
    script = tmp_path / "train.py"
    script.write_text(PROGRAM)
    command = [
        sys.executable,
        "-m",
        "torch.distributed.run",
        "--standalone",
        "--nproc-per-node",
        str(PROCESSES),
        str(script),
        str(prepared.folder),
        str(tmp_path),
    ]
    root = Path(__file__).parents[2]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr
    ranks = [torch.load(tmp_path / f"rank{rank}.pt") for rank in range(PROCESSES)]
    task = tiny_vocoder(prepared)
    draw = task.batch
    step = 0

    def all_batches(generator: np.random.Generator) -> Batch:
        nonlocal step
        batches = [
            draw(np.random.Generator(np.random.Philox(key=LOOP.seed, counter=[0, 0, rank, step])))
            for rank in range(PROCESSES)
        ]
        step += 1
        return {name: torch.cat([batch[name] for batch in batches]) for name in batches[0]}

    task.batch = all_batches  # type: ignore[method-assign]
    alone = Trainer(task, LOOP, tmp_path / "alone")
    alone.run(lambda step, figures: None)
    begun: dict[str, Tensor] = tiny_vocoder(prepared).model.state_dict()
    for name, weights in alone.model.state_dict().items():
        assert torch.equal(ranks[0][name], ranks[1][name]), name
        torch.testing.assert_close(ranks[0][name], weights, rtol=1e-4, atol=1e-5)
    assert any(not torch.equal(begun[name], ranks[0][name]) for name in begun)
