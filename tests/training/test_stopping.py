"""Runs that are stopped, that diverge and that change machines: what is on disk is a whole step,
and a sound one.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tests.training.test_loop import losses, tiny_vocoder
from training.data.dataset import PreparedSet
from training.loop import Batch, Diverged, LoopConfig, Trainer
from training.stopping import SIGNALS, signals_deferred, stop_on_signals
from training.vocoder_task import VocoderTask

LOOP = LoopConfig(total_steps=8, learning_rate=1e-3, warmup_steps=2, validate_every=100)


@pytest.fixture(autouse=True)
def _stoppable() -> object:
    """SIGTERM as in the command; afterwards as before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    stop_on_signals()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def state(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = torch.load(folder / "checkpoint.pt", weights_only=True)
    return loaded


def assert_same_weights(folders: tuple[Path, Path]) -> None:
    states = [state(folder) for folder in folders]
    assert states[0]["step"] == states[1]["step"]
    for kind in ("model", "average"):
        for name, weights in states[0][kind].items():  # type: ignore[attr-defined]
            assert torch.equal(states[1][kind][name], weights), name  # type: ignore[index]


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_the_middle_of_an_update_waits_for_its_end(
    prepared: PreparedSet, tmp_path: Path, number: signal.Signals
) -> None:
    losses(Trainer(tiny_vocoder(prepared), LOOP, tmp_path / "whole"))
    trainer = Trainer(tiny_vocoder(prepared), LOOP, tmp_path / "stopped")
    step = trainer.optimiser.step

    def stopped_after() -> None:
        step()
        if trainer.step == 3:
            os.kill(os.getpid(), number)
            # Python handles signals between instructions: by here it would have raised
            time.sleep(0.01)

    trainer.optimiser.step = stopped_after  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        losses(trainer)
    assert state(tmp_path / "stopped")["step"] == 4
    losses(Trainer(tiny_vocoder(prepared), LOOP, tmp_path / "stopped"))
    assert_same_weights((tmp_path / "whole", tmp_path / "stopped"))


def test_signals_are_handled_as_usual_afterwards_and_elsewhere() -> None:
    usual = [signal.getsignal(number) for number in SIGNALS]

    def disturbed() -> None:
        with signals_deferred():
            assert [signal.getsignal(number) for number in SIGNALS] != usual
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        disturbed()
    assert [signal.getsignal(number) for number in SIGNALS] == usual
    done = []

    def elsewhere() -> None:
        with signals_deferred():
            done.append(True)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert done == [True]
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with signals_deferred():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN


def test_an_update_that_fails_halfway_is_not_kept(prepared: PreparedSet, tmp_path: Path) -> None:
    trainer = Trainer(tiny_vocoder(prepared), LOOP, tmp_path)
    losses(trainer, until=3)
    kept = (tmp_path / "checkpoint.pt").read_bytes()
    step = trainer.optimiser.step

    def fails() -> None:
        step()
        raise RuntimeError("the card fell off the bus")

    trainer.optimiser.step = fails  # type: ignore[method-assign]
    with pytest.raises(RuntimeError, match="bus"):
        losses(trainer)
    assert (tmp_path / "checkpoint.pt").read_bytes() == kept


@pytest.mark.parametrize("report_every", [1, 3, 50])
def test_every_step_is_reported_once_and_in_order(
    prepared: PreparedSet, tmp_path: Path, report_every: int
) -> None:
    loop = LoopConfig(total_steps=8, learning_rate=1e-3, warmup_steps=2, validate_every=5)
    seen: list[tuple[int, dict[str, float]]] = []
    trainer = Trainer(tiny_vocoder(prepared), loop, tmp_path / "some")
    trainer.report_every = report_every
    trainer.run(lambda step, figures: seen.append((step, figures)))
    assert [step for step, _ in seen] == list(range(1, 9))
    assert [step for step, figures in seen if "validation/bits_per_sample" in figures] == [5]
    assert [figures["loss"] for _, figures in seen] == losses(
        Trainer(tiny_vocoder(prepared), loop, tmp_path / "one")
    )
    assert all(
        figures["steps_per_second"] > 0 and figures["gradient_norm"] > 0 for _, figures in seen
    )
    assert [figures["learning_rate"] for _, figures in seen] == [
        loop.learning_rate_at(step) for step in range(8)
    ]


def test_a_card_is_asked_every_some_steps_and_the_processor_after_each(
    prepared: PreparedSet, tmp_path: Path
) -> None:
    trainer = Trainer(tiny_vocoder(prepared), LOOP, tmp_path)
    assert trainer.report_every == 1
    trainer.report_every = 3
    asked, stack = [], torch.stack

    def counted(tensors: list[Tensor], *arguments: object, **options: object) -> Tensor:
        # loss and gradient norm of some steps
        if tensors[0].ndim == 1 and tensors[0].dtype == torch.float32 and len(tensors[0]) == 2:
            asked.append(len(tensors))
        return stack(tensors, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch, "stack", counted)
        losses(trainer)
    assert asked == [3, 3, 2]


class Poisoned(VocoderTask):
    """Its loss, or only its gradient, is not a number from step `at` on."""

    def poison(self, at: int, *, gradient_only: bool) -> None:
        self.at, self.gradient_only, self.made = at, gradient_only, 0

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        self.made += 1
        loss = super().losses(model, batch)["loss"]
        if self.made < self.at:
            return {"loss": loss}
        if self.gradient_only:
            nothing = (loss - loss.detach()).abs()
            # the slope of a root at 0
            return {"loss": loss + torch.sqrt(nothing) - torch.sqrt(nothing.detach())}
        return {"loss": loss * float("nan")}


@pytest.mark.parametrize("gradient_only", [False, True])
@pytest.mark.parametrize("report_every", [1, 4])
def test_no_checkpoint_holds_what_diverged(
    prepared: PreparedSet, tmp_path: Path, report_every: int, gradient_only: bool
) -> None:
    tiny = tiny_vocoder(prepared)
    losses(Trainer(tiny, LOOP, tmp_path), until=2)
    kept = (tmp_path / "checkpoint.pt").read_bytes()
    task = Poisoned(prepared, tiny.config, tiny.segments)
    task.poison(2, gradient_only=gradient_only)
    trainer = Trainer(task, LOOP, tmp_path)
    trainer.report_every = report_every
    seen: list[float] = []
    with pytest.raises(
        Diverged, match=r"the (loss|gradient) became (nan|inf) at step 4: lower the learning rate"
    ):
        trainer.run(lambda step, figures: seen.append(figures["loss"]))
    assert np.isfinite(seen).all()
    assert (tmp_path / "checkpoint.pt").read_bytes() == kept
    with pytest.raises(Diverged):  # nor does it go on as if nothing were the matter
        trainer.run(lambda step, figures: None)
    assert (tmp_path / "checkpoint.pt").read_bytes() == kept


def test_a_run_that_is_stopped_before_its_figures_are_read_is_examined_first(
    prepared: PreparedSet, tmp_path: Path
) -> None:
    tiny = tiny_vocoder(prepared)
    task = Poisoned(prepared, tiny.config, tiny.segments)
    task.poison(2, gradient_only=False)
    trainer = Trainer(task, LOOP, tmp_path)
    trainer.report_every = 50
    draw = task.batch

    def stop(generator: np.random.Generator) -> Batch:
        if trainer.step == 5:
            raise KeyboardInterrupt
        return draw(generator)

    task.batch = stop  # type: ignore[method-assign]
    with pytest.raises(Diverged, match="step 2"):
        losses(trainer)
    assert not (tmp_path / "checkpoint.pt").exists()


def test_the_checkpoint_of_a_card_goes_on_on_the_processor(
    prepared: PreparedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    losses(Trainer(tiny_vocoder(prepared), LOOP, tmp_path / "whole"))
    with monkeypatch.context() as patch:
        # what torch.save writes for tensors that lie there
        patch.setattr(torch.serialization, "location_tag", lambda storage: "cuda:0")
        losses(Trainer(tiny_vocoder(prepared), LOOP, tmp_path / "moved"), until=4)
    with pytest.raises(RuntimeError, match="CUDA"):
        state(tmp_path / "moved")
    resumed = Trainer(tiny_vocoder(prepared), LOOP, tmp_path / "moved")
    assert resumed.step == 4
    losses(resumed)
    assert_same_weights((tmp_path / "whole", tmp_path / "moved"))


def test_a_checkpoint_is_replaced_whole_or_not_at_all(
    prepared: PreparedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(tiny_vocoder(prepared), LOOP, tmp_path)
    losses(trainer, until=3)
    kept = (tmp_path / "checkpoint.pt").read_bytes()
    save = torch.save

    def full(state: object, file: object) -> None:
        save(state, file)  # type: ignore[arg-type]
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(OSError, match="no space"):
        losses(trainer, until=5)
    assert (tmp_path / "checkpoint.pt").read_bytes() == kept
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.pt"]
