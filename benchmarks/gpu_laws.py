"""Whether what computes on a GPU is right: the first part of `benchmarks/gpu.py`. Every function
says in lines what is not as it should be.

At the reference size: outputs and price beside the reference's, both shapes, chunking, company and
parking to the byte; then what is computed once per frame, and a trained network's gradients.
Nothing here is timed.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from training.data.dataset import DatasetEntry, Header, PreparedSet
from training.data.segments import SegmentConfig
from training.loop import LoopConfig, Trainer
from training.recipe_file import Recipe
from training.vocoder_task import VocoderTask
from vocoder.acoustic.model import AcousticModel
from vocoder.config import AcousticConfig, AudioConfig, LinguisticConfig, WaveNetConfig
from vocoder.cuda.acoustic_model import CudaAcousticModel, EncoderInputs
from vocoder.cuda.conditioning import CudaConditioning
from vocoder.engine import Engine, Job, StreamState
from vocoder.engine.benchmark import CONDITIONING_SPREAD
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.predictors import Predictors

# of outputs beside the reference's, of a network that has not been trained
TOLERANCE = {
    "fp32": 1e-3,
    "bf16": 2e-2,
}
PRICE = 0.02  # bits per sample that bf16 may cost
FRAMES_TOLERANCE = 1e-4  # of what is computed once per frame
RESUMED = 7  # of the streams of a call the one that is parked and resumed

Codes = npt.NDArray[np.int64]


def trained_network(folder: Path) -> WaveNet:
    """A voice pack's network, read with nothing but torch: what an arithmetic costs shows in
    weights that have been trained.
    """
    manifest = json.loads((folder / "voice.json").read_text("utf-8"))
    raw = (folder / "vocoder.safetensors").read_bytes()
    behind = 8 + int.from_bytes(raw[:8], "little")
    weights = {}
    for name, about in json.loads(raw[8:behind]).items():
        if name != "__metadata__":
            start, end = (behind + place for place in about["data_offsets"])
            weights[name] = torch.frombuffer(
                bytearray(raw[start:end]),
                dtype={"F16": torch.float16, "F32": torch.float32}[about["dtype"]],
            ).view(about["shape"])
    network = WaveNet(WaveNetConfig.from_dict(manifest["wavenet"]))
    network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return network.eval()


def conditioning(config: WaveNetConfig, frames: int) -> npt.NDArray[np.float32]:
    """Random numbers in place of what the conditioning network gives."""
    shape = (frames, config.num_layers, config.gate_channels)
    return np.random.default_rng(0).standard_normal(shape, np.float32) * np.float32(
        CONDITIONING_SPREAD
    )


@torch.inference_mode()
def sound(network: WaveNet, frames: int) -> npt.NDArray[np.float32]:
    """What the conditioning network gives for a voiced sound whose formants move: a trained one is
    loud beyond measure on anything that is no sound.
    """
    mels, moment = np.linspace(0, 1, network.config.n_mels), np.arange(frames)[:, np.newaxis]
    log_mel = (-4 - 4 * mels + 1.5 * np.cos(2 * np.pi * (3 * mels + 0.05 * moment))).astype(
        np.float32
    )
    parts = (log_mel, np.full(frames, np.log(180.0), np.float32), np.ones(frames, np.float32))
    given = network.conditioning(
        *(torch.from_numpy(part).unsqueeze(0) for part in parts), *_absent(frames)
    )
    found: npt.NDArray[np.float32] = given.view(
        frames, network.config.num_layers, network.config.gate_channels
    ).numpy()
    return found


def _absent(frames: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """No phonemes, no positions in them, the first speaker."""
    return (
        torch.zeros(1, frames, 4, dtype=torch.int64),
        torch.zeros(1, frames, 6),
        torch.zeros(1, dtype=torch.int64),
    )


def job(state: StreamState, num_samples: int, added: Any) -> Job:
    """The next samples; conditions repeat, so that a stream may go on for ever."""
    config, frames = state.config, len(added)
    coefficients = np.zeros((frames, config.prediction_order), np.float32)
    coefficients[:, :2] = (0.8, -0.2)[: config.prediction_order]
    predictors = Predictors(
        coefficients=coefficients, lags=np.full(frames, min(config.max_lag, 100), np.int32)
    )
    first = state.position // config.hop_length // frames * frames
    return Job(
        state=state,
        conditioning=added,
        predictors=predictors,
        first_frame=first,
        temperatures=np.ones(frames, np.float32),
        num_samples=num_samples,
    )


def surprise(config: WaveNetConfig, outputs: npt.NDArray[np.float32], codes: Codes) -> float:
    """Bits per sample of codes under a softmax's outputs."""
    assert config.output == "softmax"
    return float(
        torch.nn.functional.cross_entropy(
            torch.from_numpy(outputs).double(), torch.from_numpy(codes)
        )
    ) / float(np.log(2))


@functools.cache
def _said_by(reference: Engine, samples: int) -> tuple[Codes, npt.NDArray[np.float32]]:
    """What the reference says, and its outputs on the way: it is slow."""
    added = conditioning(reference.config, -(-samples // reference.config.hop_length))
    (codes,) = reference.advance([job(reference.start(3), samples, added)])
    return codes, reference.logits(job(reference.start(3), samples, added), codes)


def outputs_agree(engine: Engine, reference: Engine, samples: int) -> list[str]:
    """Outputs under teacher forcing, and what the engine's arithmetic costs on sound that the
    reference itself has made.
    """
    config = engine.config
    added = conditioning(config, -(-samples // config.hop_length))
    codes, expected = _said_by(reference, samples)
    found = engine.logits(job(engine.start(3), samples, added), codes)
    apart = float(np.abs(found - expected).max())
    price = surprise(config, found, codes) - surprise(config, expected, codes)
    print(
        f"{named(engine)}: outputs at most {apart:.2e} from the reference's, whose deviation is "
        f"{expected.std():.2f}; {price:+.5f} bits per sample"
    )
    wrong = []
    if not apart <= TOLERANCE[engine.precision]:
        wrong.append(
            f"{named(engine)}: outputs differ by {apart:.2e}, {TOLERANCE[engine.precision]:g} is "
            f"allowed"
        )
    if not price <= PRICE:
        wrong.append(f"{named(engine)}: costs {price:.4f} bits per sample, {PRICE:g} are allowed")
    return wrong


def price_is_fair(engine: Engine, reference: Engine, network: WaveNet, samples: int) -> list[str]:
    """What the engine's arithmetic costs a trained network. Its outputs are some hundred times as
    large as those of another, so of them it is only told how far they are apart.
    """
    config = engine.config
    added = sound(network, -(-samples // config.hop_length))
    (codes,) = reference.advance([job(reference.start(3), samples, added)])
    expected, found = (
        one.logits(job(one.start(3), samples, added), codes) for one in (reference, engine)
    )
    apart, bits = float(np.abs(found - expected).max()), surprise(config, expected, codes)
    price = surprise(config, found, codes) - bits
    print(
        f"{named(engine)}, a trained voice: {price:+.5f} bits per sample of {bits:.2f}; outputs "
        f"at most {apart:.2e} apart, deviation {expected.std():.2f}"
    )
    return (
        []
        if price <= PRICE
        else [
            (
                f"{named(engine)}: costs a trained voice {price:.4f} bits per sample, {PRICE:g} "
                f"are allowed"
            )
        ]
    )


def pieces_and_company(engine: Engine, samples: int, company: int) -> list[str]:
    """Streams alone and at once, beside the same in company and in pieces."""
    config = engine.config
    added = conditioning(config, -(-samples // config.hop_length))
    alone = [
        engine.advance([job(engine.start(seed), samples, added)])[0].tobytes()
        for seed in range(company)
    ]
    states = [engine.start(seed) for seed in range(company)]
    shared: list[list[Codes]] = [[] for _ in states]
    for size in (1, samples // 4, samples // 3, 2, samples - 3 - samples // 4 - samples // 3):
        for seed, some in enumerate(engine.advance([job(state, size, added) for state in states])):
            shared[seed].append(some)
        states[RESUMED] = engine.adopt(StreamState.from_bytes(states[RESUMED].to_bytes(), config))
    different = [
        seed for seed in range(company) if np.concatenate(shared[seed]).tobytes() != alone[seed]
    ]
    print(
        f"{named(engine)}: {company - len(different)} of {company} streams the same in company "
        f"and in pieces ({RESUMED} parked and resumed)"
    )
    return (
        [f"{named(engine)}: streams {different} differ in company or in pieces"]
        if different
        else []
    )


def moves_to_the_processor(engine: Engine, reference: Engine, samples: int) -> list[str]:
    """A stream begun here and gone on with there, and the other way round, under teacher forcing:
    outputs after the move beside one's that stays. (Codes that
    are drawn need not be the same: where a number between two falls, the last digit of a
    probability decides, and another code changes all after it.)
    """
    added, half = conditioning(engine.config, -(-samples // engine.config.hop_length)), samples // 2
    codes, expected = _said_by(reference, samples)
    wrong = []
    for begins, ends in ((engine, reference), (reference, engine)):
        state = begins.start(3)
        begins.logits(job(state, half, added), codes[:half])
        moved = ends.adopt(StreamState.from_bytes(state.to_bytes(), engine.config))
        found = ends.logits(job(moved, samples - half, added), codes[half:])
        apart, where = (
            float(np.abs(found - expected[half:]).max()),
            "from" if begins is engine else "to",
        )
        print(
            f"{named(engine)}: moved {where} the GPU, outputs at most {apart:.2e} from those of "
            f"a stream that stays"
        )
        if not apart <= TOLERANCE[engine.precision]:
            wrong.append(
                f"{named(engine)}: a stream that moves {where} the GPU is another one, "
                f"{apart:.2e} off"
            )
    return wrong


def frames_agree(device: torch.device, network: WaveNet) -> list[str]:
    """The acoustic model's encoder and durations, and the conditioning network: beside torch's, and
    alone beside in company.
    """
    model = AcousticModel(
        AcousticConfig(linguistic=LinguisticConfig(category_sizes=(60, 4, 4, 4)))
    ).eval()
    on_gpu = CudaAcousticModel(model, device)
    inputs = model.encoder.enter.in_features
    random = np.random.default_rng(2)
    sentences = [
        EncoderInputs(inputs=random.standard_normal((count, inputs), np.float32), speaker=0)
        for count in (1, 40, 17, 90, 16)
    ]
    together = on_gpu.log_durations(sentences)
    wrong, apart = [], 0.0
    for sentence, found in zip(sentences, together, strict=True):
        mask = torch.ones(1, len(sentence.inputs), 1)
        with torch.inference_mode():
            encoded = (
                model.encoder(torch.from_numpy(sentence.inputs).unsqueeze(0), mask)
                + model.speaker.weight[0]
            )
            expected = model.predict_log_durations(encoded, mask)[0].numpy()
        apart = max(apart, float(np.abs(found - expected).max()))
        if on_gpu.log_durations([sentence])[0].tobytes() != found.tobytes():
            wrong.append(f"acoustic model: a sentence of {len(found)} phonemes differs in company")
    mel, log_f0, voicing = (
        random.standard_normal((50, network.config.n_mels), np.float32) - 6,
        np.full(50, 5.0, np.float32),
        np.ones(50, np.float32),
    )
    expected = network.conditioning(
        *(torch.from_numpy(part).unsqueeze(0) for part in (mel, log_f0, voicing)), *_absent(50)
    )[0]
    conditioner = CudaConditioning(network, device)
    found = conditioner.project(
        conditioner.hidden(Conditions(log_mel=mel, log_f0=log_f0, voicing=voicing))
    ).cpu()
    apart_there = float((found - expected).abs().max())
    print(
        f"once per frame: durations at most {apart:.1e} from torch's, conditioning "
        f"{apart_there:.1e}"
    )
    if not max(apart, apart_there) <= FRAMES_TOLERANCE:
        wrong.append(f"once per frame: {max(apart, apart_there):.1e} from torch's")
    return wrong


def check(engine: Engine, reference: Engine, samples: int, company: int) -> list[str]:
    """All laws of one engine."""
    return (
        outputs_agree(engine, reference, samples)
        + pieces_and_company(engine, samples, company)
        + moves_to_the_processor(engine, reference, samples)
    )


def same_bytes(engine: Engine, other: Engine, samples: int, company: int) -> list[str]:
    """Two shapes of one engine."""
    added = conditioning(engine.config, -(-samples // engine.config.hop_length))
    said = [
        [
            codes.tobytes()
            for codes in one.advance(
                [job(one.start(seed), samples, added) for seed in range(company)]
            )
        ]
        for one in (engine, other)
    ]
    different = sum(mine != yours for mine, yours in zip(*said, strict=True))
    print(
        f"{named(engine)} and {named(other)}: {company - different} of {company} streams the same"
    )
    return [f"{named(engine)} and {named(other)}: {different} streams differ"] if different else []


def named(engine: Engine) -> str:
    """What a line is about."""
    return " ".join([engine.name, engine.precision, *getattr(engine, "shapes", ())])


def made_up(folder: Path) -> PreparedSet:
    """A minute of noise as a prepared data set: training costs the same, whatever it hears."""
    audio, random = AudioConfig(), np.random.default_rng(0)
    entries = tuple(
        DatasetEntry(
            id=str(index),
            text="",
            speaker=0,
            validation=index == 0,
            frame_start=1000 * index,
            num_frames=1000,
        )
        for index in range(6)
    )
    frames = 1000 * len(entries)
    folder.mkdir(parents=True, exist_ok=True)
    np.save(
        folder / "samples.npy", random.normal(0, 2000, frames * audio.hop_length).astype(np.int16)
    )
    np.save(folder / "log_mel.npy", random.normal(-6, 1, (frames, audio.n_mels)).astype(np.float16))
    np.save(folder / "log_f0.npy", random.uniform(4.5, 5.5, frames).astype(np.float32))
    np.save(folder / "voicing.npy", random.integers(0, 2, frames).astype(np.float32))
    Header(audio=audio, speakers=("noise",), entries=entries).write(folder)
    return PreparedSet(folder)


def check_training(
    folder: Path, device: str, batch_segments: int, stops: tuple[int, ...]
) -> list[str]:
    """Batches made on the GPU, likelihoods compiled, a run that is stopped and gone on with, a
    checkpoint that moves.
    """
    data, where = made_up(folder / "data"), torch.device(device)
    config = Recipe.read().wavenet_of(data.audio, num_speakers=1, sizes=(60, 4, 4, 4))
    segments, compiles = SegmentConfig(segments=batch_segments), where.type == "cuda"
    there = VocoderTask(
        data, config, segments, device=where, resident=True, compile_network=compiles
    )
    here, plain = (
        VocoderTask(data, config, segments),
        VocoderTask(data, config, segments, device=where, resident=True),
    )
    wrong = []
    for seed in range(4):
        one, other = (
            task.batch(np.random.Generator(np.random.Philox(key=seed))) for task in (there, here)
        )
        wrong += [
            f"training: {name} differ on the GPU"
            for name, value in one.items()
            if not torch.allclose(value.cpu(), other[name], rtol=1e-5, atol=1e-6)
        ]
    network, batch = there.model.to(where), there.batch(np.random.default_rng(0))
    found = []
    for task, bf16 in ((there, True), (plain, False)):
        network.zero_grad()
        with torch.autocast(where.type, torch.bfloat16, enabled=bf16):
            loss = task.losses(network, batch)["loss"]
        torch.autograd.backward(loss)
        found.append(
            (
                float(loss.detach()),
                torch.cat(
                    [
                        weight.grad.flatten()
                        for weight in network.parameters()
                        if weight.grad is not None
                    ]
                ),
            )
        )
    (loss, slope), (exact, exact_slope) = found
    apart = float((slope - exact_slope).norm() / exact_slope.norm())
    print(
        f"training: loss {loss:.5f} compiled in bf16, {exact:.5f} in fp32; gradients {apart:.1e} "
        f"apart"
    )
    if not (abs(loss - exact) < 1e-2 and apart < 0.1):
        wrong.append(f"training: loss {loss} beside {exact}, gradients {apart:.2e} apart")
    return wrong + _stopped(folder, there, here, device, stops)


def _stopped(
    folder: Path, there: VocoderTask, here: VocoderTask, device: str, stops: tuple[int, ...]
) -> list[str]:
    """In fp32, not compiled: what a GPU adds in another order at each run grows to 0.01 of the
    loss within such a run in bf16, and to 0.0006 in fp32, where a run that has lost its place by
    one step is 0.07 off.
    """
    end = stops[-1]
    loop = LoopConfig(
        total_steps=end, learning_rate=2e-3, warmup_steps=5, validate_every=1000, bf16=False
    )
    curves: list[list[float]] = []
    for name, parts in (("whole", (end,)), ("parts", stops)):
        curve: list[float] = []
        for until in parts:
            torch.manual_seed(0)
            task = VocoderTask(
                there.data, there.config, there.segments, device=torch.device(device), resident=True
            )
            Trainer(task, loop, folder / name, device=device).run(
                lambda _, figures, curve=curve: curve.append(figures["loss"]), until=until
            )  # type: ignore[misc]
        curves.append(curve)
    apart = max(abs(one - other) for one, other in zip(*curves, strict=True))
    print(f"training: a run that is stopped twice is at most {apart:.1e} from one that is not")
    wrong = [] if apart <= 1e-2 else ["training: a stopped run follows another curve"]
    for step, (task, where) in enumerate(((here, "cpu"), (there, device), (here, "cpu")), end + 1):
        trainer = Trainer(
            task,
            dataclasses.replace(loop, total_steps=step, bf16=task is there),
            folder / "parts",
            device=where,
        )
        trainer.run(lambda *_: None, until=step)
        if trainer.step != step:
            wrong.append(f"training: a checkpoint does not move to {where}")
    return wrong
