"""The conditioning network on a GPU is the one in torch, and what it makes of a frame does not
depend on who else is there.
"""

from __future__ import annotations

import dataclasses
import functools
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.cuda.layers.arrivals import PATIENCE, Arrivals
from tests.cuda.layers.device import DEVICE
from tests.wavenet.networks import CONFIGS, make_network
from vocoder.config import WaveNetConfig
from vocoder.cuda.conditioning import ConditioningInputs, CudaConditioning
from vocoder.cuda.ragged_batch import TILE
from vocoder.errors import InputError
from vocoder.voices.pack import read_pack
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.network import WaveNet

VOICE = Path(__file__).parents[3] / "voices" / "kathleen"
TOLERANCE = 1e-4
LENGTHS = (TILE + 4, 2 * TILE, 7, 1)  # a tile that is full has the next sentence just behind it


@functools.cache
def network(context: int = 2) -> WaveNet:
    return make_network(
        dataclasses.replace(CONFIGS["softmax"], cond_context=context, cond_channels=37)
    )


@functools.cache
def on_gpu() -> CudaConditioning:
    return CudaConditioning(network(), DEVICE)


def conditions(
    config: WaveNetConfig, frames: int, speaker: int = 0, *, known: bool = True
) -> Conditions:
    random = np.random.default_rng(frames)
    return Conditions(
        log_mel=random.normal(-6.0, 3.0, (frames, config.n_mels)).astype(np.float32),
        log_f0=random.normal(5.0, 0.3, frames).astype(np.float32),
        voicing=random.integers(0, 2, frames).astype(np.float32),
        categories=np.column_stack(
            [random.integers(0, size, frames) for size in config.linguistic.category_sizes]
        )
        if known
        else None,
        positions=random.random((frames, 6), np.float32) if known else None,
        speaker=speaker,
    )


def by_torch(network: WaveNet, given: Conditions) -> Tensor:
    """Float32 [F, L * G]."""
    frames = given.num_frames
    categories = np.zeros((frames, 4), np.int64) if given.categories is None else given.categories
    positions = np.zeros((frames, 6), np.float32) if given.positions is None else given.positions
    arrays = (given.log_mel, given.log_f0, given.voicing, categories, positions)
    with torch.no_grad():
        made: Tensor = network.conditioning(
            *(torch.from_numpy(array).unsqueeze(0) for array in arrays),
            torch.tensor([given.speaker]),
        )
    return made[0]


@pytest.mark.parametrize("context", [0, 1, 2])
@pytest.mark.parametrize(
    ("frames", "speaker", "known"), [(1, 0, True), (TILE + 4, 1, True), (5, 0, False)]
)
def test_it_is_what_torch_makes_of_it(context: int, frames: int, speaker: int, known: bool) -> None:
    card, given = (
        CudaConditioning(network(context), DEVICE),
        conditions(network().config, frames, speaker, known=known),
    )
    hidden = card.hidden(given)
    assert hidden.shape == (frames, card.width)
    assert hidden.device.type == DEVICE.type
    expected = by_torch(network(context), given)
    assert expected.std() > 0.1
    torch.testing.assert_close(card.project(hidden).cpu(), expected, rtol=0, atol=TOLERANCE)


def test_company_and_order_are_invisible() -> None:
    sentences = [
        on_gpu().frames(conditions(network().config, frames, frames % 2)) for frames in LENGTHS
    ]
    alone = [on_gpu().hidden_of([sentence])[0] for sentence in sentences]
    for order in ((3, 2, 0, 1), (1, 1, 0)):
        for index, made in zip(
            order, on_gpu().hidden_of([sentences[index] for index in order]), strict=True
        ):
            assert torch.equal(made, alone[index]), (order, index)


def test_a_frame_is_projected_to_the_same_bytes_among_any_others() -> None:
    hidden = torch.cat(
        [on_gpu().hidden(conditions(network().config, frames)) for frames in LENGTHS]
    )
    whole = on_gpu().project(hidden)
    assert whole.shape == (
        sum(LENGTHS),
        network().config.num_layers * network().config.gate_channels,
    )
    assert len(whole.unique(dim=0)) == len(whole), "frames must differ"
    for rows in ([5], [30, 2, 45, 0], list(range(40, 3, -1)), [7] * 20):
        picked = torch.tensor(rows, device=DEVICE)
        assert torch.equal(on_gpu().project(hidden[picked]), whole[picked])
    assert torch.equal(on_gpu().project(hidden[1:20]), whole[1:20])
    assert on_gpu().project(hidden[:0]).shape == (0, whole.shape[1])


def test_what_stays_on_the_card_keeps_nobody_elses() -> None:
    sentences = [on_gpu().frames(conditions(network().config, frames)) for frames in LENGTHS]
    for hidden in on_gpu().hidden_of(sentences):
        assert hidden.is_contiguous()
        assert hidden.untyped_storage().nbytes() == 4 * hidden.numel()


def test_sentences_of_many_threads_are_computed_together() -> None:
    card = CudaConditioning(network(), DEVICE)
    given = [conditions(network().config, frames, frames % 2) for frames in LENGTHS]
    alone = [card.hidden(one) for one in given]
    together, begun, gate = [], threading.Semaphore(0), threading.Semaphore(0)
    arrivals = card._batcher._waiting = Arrivals()
    made: dict[int, Tensor] = {}

    def work(sentences: Sequence[ConditioningInputs]) -> list[Tensor]:
        together.append(len(sentences))
        begun.release()
        assert gate.acquire(timeout=PATIENCE)
        return card.hidden_of(sentences)

    card._batcher._work = work
    threads = [
        threading.Thread(
            target=lambda index=index: made.update({index: card.hidden(given[index])}), daemon=True
        )
        for index in range(len(given))
    ]
    for number, thread in enumerate(threads):
        thread.start()
        arrivals.wait()
        if number == 0:
            assert begun.acquire(timeout=PATIENCE)
    gate.release(len(given))
    for thread in threads:
        thread.join(PATIENCE)
    assert together == [1, len(given) - 1]
    for index, expected in enumerate(alone):
        assert torch.equal(made[index], expected), index


def test_what_is_wrong_is_refused_before_it_is_among_others() -> None:
    card = CudaConditioning(network(), DEVICE)
    del card._batcher._work  # nobody may come so far
    good = conditions(network().config, 3)
    for speaker in (-1, 2):
        with pytest.raises(InputError, match="speaker") as caught:
            card.hidden(dataclasses.replace(good, speaker=speaker))
        assert caught.value.field == "speaker"
    assert good.categories is not None
    with pytest.raises(AssertionError, match="features"):
        card.hidden(dataclasses.replace(good, categories=good.categories - 3))
    with pytest.raises(AssertionError):
        card.hidden(dataclasses.replace(good, log_mel=good.log_mel[:, 1:]))


@pytest.mark.slow
def test_the_committed_voice_is_conditioned_as_by_torch() -> None:
    voice = read_pack(VOICE).network
    given = conditions(voice.config, TILE + 1)
    card = CudaConditioning(voice, DEVICE)
    torch.testing.assert_close(
        card.project(card.hidden(given)).cpu(), by_torch(voice, given), rtol=0, atol=TOLERANCE
    )
