"""The acoustic model on a GPU is the one in torch, and what it makes of a sentence does not depend
on who else is there.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tests.cuda.layers.arrivals import PATIENCE, Arrivals
from tests.cuda.layers.device import DEVICE
from vocoder.acoustic.melody import Bend, Melody
from vocoder.acoustic.model import AcousticModel
from vocoder.acoustic.weights import MAX_DURATION_FRAMES
from vocoder.config import AcousticConfig, LinguisticConfig
from vocoder.cuda.acoustic_model import CudaAcousticModel, DecoderInputs, EncoderInputs, PitchInputs
from vocoder.cuda.ragged_batch import TILE
from vocoder.errors import InputError
from vocoder.text import analyse
from vocoder.text.features import LinguisticFeatures, category_sizes
from vocoder.voices.pack import read_pack
from vocoder.wavenet.conditions import Conditions

VOICE = Path(__file__).parents[3] / "voices" / "kathleen"
TOLERANCE = 1e-4
PARTS = ("log_mel", "log_f0", "voicing", "categories", "positions")


@functools.cache
def model() -> AcousticModel:
    """With norms that are no identity."""
    config = AcousticConfig(
        channels=24, encoder_layers=1, decoder_layers=1, kernel_size=3, predictor_channels=8,
        num_speakers=2, n_mels=20,
        linguistic=LinguisticConfig(category_sizes=category_sizes()),
    )  # fmt: skip
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        made = AcousticModel(config).eval().requires_grad_(False)
        for module in made.modules():
            if isinstance(module, nn.LayerNorm):
                nn.init.normal_(module.weight, 1.0, 0.3)
                nn.init.normal_(module.bias, 0.0, 0.3)
    made.duration.leave.bias.fill_(1.0)  # some frames, where it would be less than one
    return made


@functools.cache
def on_gpu() -> CudaAcousticModel:
    return CudaAcousticModel(model(), DEVICE)


@functools.cache
def features(phonemes: int) -> LinguisticFeatures:
    random = np.random.default_rng(phonemes)
    return LinguisticFeatures(
        categories=np.column_stack(
            [random.integers(0, size, phonemes) for size in category_sizes()]
        ),
        positions=random.random((phonemes, 4), np.float32),
        phonemes=("x",) * phonemes,
        word_index=np.arange(phonemes),
    )


def durations(phonemes: int) -> np.ndarray:
    return np.arange(phonemes) % 3 + 1


def assert_the_same(made: Conditions, expected: Conditions) -> None:
    assert made.speaker == expected.speaker
    for part in PARTS:
        own, theirs = getattr(made, part), getattr(expected, part)
        assert own.dtype == theirs.dtype, part
        assert own.shape == theirs.shape, part
        np.testing.assert_allclose(
            own,
            theirs,
            rtol=0,
            atol=TOLERANCE if part in ("log_mel", "log_f0") else 0,
            err_msg=part,
        )


@pytest.mark.parametrize("phonemes", [1, TILE + 4])
@pytest.mark.parametrize("speaker", [0, 1])
def test_it_is_what_torch_makes_of_it(phonemes: int, speaker: int) -> None:
    sentence = features(phonemes)
    made = on_gpu().durations(sentence, speaker)
    assert made.dtype == np.float32
    np.testing.assert_allclose(made, model().durations(sentence, speaker), rtol=0, atol=TOLERANCE)
    assert_the_same(
        on_gpu().conditions(sentence, durations(phonemes), speaker),
        model().conditions(sentence, durations(phonemes), speaker),
    )


def test_the_melody_is_applied_and_the_mel_follows() -> None:
    (sentence,) = analyse("Is it?").sentences
    frames = durations(sentence.features.num_phonemes)
    melody = Melody(
        pitch=3.0, intonation=1.5, rises=True, bends=(Bend(first=1, behind=3, scale=1.5),)
    )
    made = on_gpu().conditions(sentence.features, frames, 0, melody)
    assert_the_same(made, model().conditions(sentence.features, frames, 0, melody))
    plain = on_gpu().conditions(sentence.features, frames, 0)
    assert np.abs(made.log_mel - plain.log_mel).max() > 10 * TOLERANCE


def test_a_phoneme_without_frames_has_none() -> None:
    frames = np.array([2, 0, 3])
    assert_the_same(
        on_gpu().conditions(features(3), frames), model().conditions(features(3), frames)
    )
    assert on_gpu().conditions(features(3), np.zeros(3, np.int64)).num_frames == 0


def test_durations_have_bounds() -> None:
    longest = CudaAcousticModel(model(), DEVICE)
    for bias, bound in ((200.0, MAX_DURATION_FRAMES), (-200.0, 0.0)):
        stack = longest._duration
        stack._leave._bias[0] = bias
        assert (longest.durations(features(2)) == bound).all()


SPOKEN = ((TILE + 4, 0), (1, 1), (7, 0), (TILE, 1))  # phonemes and speakers
ORDERS = ((3, 2, 0, 1), (1, 1, 0))


def phonemes_of(index: int) -> EncoderInputs:
    count, speaker = SPOKEN[index]
    return on_gpu().phonemes(features(count), speaker)


def timed(index: int) -> PitchInputs:
    count, _ = SPOKEN[index]
    rows = np.repeat(np.arange(count), durations(count))
    inside = np.random.default_rng(index).random((len(rows), 2), np.float32)
    return PitchInputs(phonemes=phonemes_of(index), rows=rows, inside=inside)


def sung(index: int) -> DecoderInputs:
    random = torch.Generator().manual_seed(index)
    frames = len(timed(index).rows)
    return DecoderInputs(
        frames=torch.randn(frames, 26, generator=random).to(DEVICE),
        melody=torch.randn(frames, 2, generator=random).numpy(),
    )


def as_bytes(result: object) -> list[bytes]:
    parts = result if isinstance(result, tuple) else (result,)
    return [
        (part.cpu().numpy() if isinstance(part, torch.Tensor) else part).tobytes() for part in parts
    ]


@pytest.mark.parametrize(
    ("step", "item"), [("log_durations", phonemes_of), ("pitches", timed), ("log_mels", sung)]
)
def test_company_and_order_are_invisible(step: str, item: Any) -> None:
    compute = getattr(on_gpu(), step)
    alone = [as_bytes(*compute([item(index)])) for index in range(len(SPOKEN))]
    assert len({part for parts in alone for part in parts}) == sum(map(len, alone)), (
        "they must differ"
    )
    for order in ORDERS:
        for index, made in zip(order, compute([item(index) for index in order]), strict=True):
            assert as_bytes(made) == alone[index], (order, index)


def test_what_stays_on_the_card_keeps_nobody_elses() -> None:
    for frames, pitch in on_gpu().pitches([timed(0), timed(1)]):
        assert frames.untyped_storage().nbytes() == 4 * frames.numel()
        assert pitch.base is None


def test_sentences_of_many_threads_are_computed_together_to_the_same_bytes() -> None:
    acoustic = CudaAcousticModel(model(), DEVICE)
    alone = [
        acoustic.conditions(features(count), durations(count), speaker) for count, speaker in SPOKEN
    ]
    gathering, together, begun, gate = (
        acoustic._for_pitch,
        [],
        threading.Semaphore(0),
        threading.Semaphore(0),
    )
    arrivals = gathering._waiting = Arrivals()
    made: dict[int, Conditions] = {}

    def work(sentences: Sequence[PitchInputs]) -> Any:
        together.append(len(sentences))
        begun.release()
        assert gate.acquire(timeout=PATIENCE)
        return acoustic.pitches(sentences)

    def speak(index: int) -> None:
        count, speaker = SPOKEN[index]
        made[index] = acoustic.conditions(features(count), durations(count), speaker)

    gathering._work = work
    threads = [
        threading.Thread(target=speak, args=(index,), daemon=True) for index in range(len(SPOKEN))
    ]
    for number, thread in enumerate(threads):
        thread.start()
        arrivals.wait()
        if number == 0:
            assert begun.acquire(timeout=PATIENCE)
    gate.release(len(SPOKEN))
    for thread in threads:
        thread.join(PATIENCE)
    assert together == [1, len(SPOKEN) - 1]
    for index, expected in enumerate(alone):
        for part in PARTS:
            assert getattr(made[index], part).tobytes() == getattr(expected, part).tobytes(), (
                index,
                part,
            )


def test_what_is_wrong_is_refused_before_it_is_among_others() -> None:
    acoustic = CudaAcousticModel(model(), DEVICE)
    for gathering in (acoustic._for_durations, acoustic._for_pitch, acoustic._for_log_mel):
        del gathering._work  # nobody may come so far
    for speaker in (-1, 2):
        with pytest.raises(InputError, match="speaker") as caught:
            acoustic.durations(features(3), speaker)
        assert caught.value.field == "speaker"
        with pytest.raises(InputError, match="speaker"):
            acoustic.conditions(features(3), durations(3), speaker)
    foreign = LinguisticFeatures(
        categories=features(3).categories + 1000, positions=features(3).positions, phonemes=("x",
        ) * 3, word_index=np.arange(3)
    )  # fmt: skip
    with pytest.raises(AssertionError, match="features"):
        acoustic.durations(foreign)
    with pytest.raises(AssertionError):
        acoustic.conditions(features(3), durations(4))


@pytest.mark.slow
def test_the_committed_voice_says_what_torch_has_it_say() -> None:
    voice = read_pack(VOICE).acoustic_model
    acoustic = CudaAcousticModel(voice, DEVICE)
    (sentence,) = analyse("Oh!").sentences
    made = acoustic.durations(sentence.features)
    np.testing.assert_allclose(made, voice.durations(sentence.features), rtol=0, atol=TOLERANCE)
    frames = np.maximum(made.round(), 1).astype(np.int64)
    assert_the_same(
        acoustic.conditions(sentence.features, frames), voice.conditions(sentence.features, frames)
    )
