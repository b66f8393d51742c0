"""What a density of spectra sounds like, through a voice's vocoder.

    python benchmarks/density/sound.py continuation  --voice kathleen --run runs/density/NAME
    --frames 32 -o sounds   # a Gated PixelCNN of spectra python benchmarks/density/sound.py
    interpolation --voice kathleen --run runs/density/NAME --frames 32 -o sounds   # a PixelCNN
    autoencoder

continuation    the first half window of held-out utterances is known, everything behind it is
                drawn, half a window at a time; the pitch and voicing of the recording are kept
interpolation   the codes of two held-out windows and of steps between them, decoded and joined;
                pitch and voicing between theirs

Beside each lies the recording, and the same frames from its true spectrum. The data set is
RUNS/VOICE/data, the voice pack voices/VOICE or `--pack`.

F frames, M bands.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.data.dataset import DatasetEntry, PreparedSet
from training.density.data import DensityData, read_density_data
from training.density.stage import read_density
from vocoder.audio.file_writing import write_audio
from vocoder.density.autoencoder import PixelCnnAutoencoder
from vocoder.density.model import AutoregressiveModel, Known
from vocoder.errors import InputError
from vocoder.synthesis.voice import Voice, load_voice
from vocoder.wavenet.conditions import Conditions

STEPS = 6  # from one code to the other


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("continuation", "interpolation"))
    parser.add_argument("--voice", required=True)
    parser.add_argument("--pack", type=Path)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--frames", type=int, default=32)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--sentences", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("-o", "--output", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.output.mkdir(parents=True, exist_ok=True)
    data = PreparedSet(options.runs / options.voice / "data")
    spectra = read_density_data(f"mel:{options.voice}", runs=options.runs, frames=options.frames)
    model = read_density(options.run)
    voice = load_voice(options.voice if options.pack is None else options.pack)
    if options.what == "continuation":
        for entry in data.entries(validation=True)[: options.sentences]:
            true = data.conditions(entry)
            mels = continued(model, standardised(true, spectra), options)
            made = dataclasses.replace(true, log_mel=raw(mels, spectra))
            write(options, f"{entry.id}-continued", voice, made)
            write(options, f"{entry.id}-copied", voice, true)
        return
    if not isinstance(model, PixelCnnAutoencoder):
        raise InputError(f"{options.run}: no autoencoder", field="run")
    entries = [
        entry for entry in data.entries(validation=True) if entry.num_frames >= 2 * options.frames
    ]
    for one, other in zip(entries[: options.sentences], entries[options.sentences :], strict=False):
        write(
            options,
            f"{one.id}-to-{other.id}",
            voice,
            between(model, data, (one, other), spectra, options),
        )


def standardised(conditions: Conditions, spectra: DensityData) -> Tensor:
    """Log-mel [F, M] as the density reads it."""
    assert spectra.mean is not None
    assert spectra.deviation is not None
    return (torch.from_numpy(conditions.log_mel) - spectra.mean) / spectra.deviation


def raw(mels: Tensor, spectra: DensityData) -> np.ndarray:
    """The reverse, float32 [F, M]."""
    assert spectra.mean is not None
    assert spectra.deviation is not None
    return (mels * spectra.deviation + spectra.mean).numpy()


def continued(model: AutoregressiveModel, mels: Tensor, options: argparse.Namespace) -> Tensor:
    """Keeps half a window and draws the rest, [F, M] of the length of `mels`: each window's first
    half is the one before's second.
    """
    half = options.frames // 2
    mask = torch.zeros(1, *model.shape, dtype=torch.bool)
    mask[:, :, :half] = True
    made = mels[:half]
    index = 0
    while len(made) < len(mels):
        values = torch.zeros(1, *model.shape)
        values[0, 0, :half] = made[-half:]
        drawn = model.sample(
            options.seed,
            1,
            None,
            Known(values=values, mask=mask),
            temperature=options.temperature,
            first=index,
        )
        made = torch.cat([made, drawn[0, 0, half:]])
        index += 1
    return made[: len(mels)]


def between(
    model: PixelCnnAutoencoder,
    data: PreparedSet,
    entries: tuple[DatasetEntry, DatasetEntry],
    spectra: DensityData,
    options: argparse.Namespace,
) -> Conditions:
    """Windows from the middle of two utterances, and what lies between their codes, one after the
    other.
    """
    parts = []
    for entry in entries:
        start = (entry.num_frames - options.frames) // 2
        whole = data.conditions(entry)
        window = slice(start, start + options.frames)
        parts.append(dataclasses.replace(
            whole, log_mel=whole.log_mel[window], log_f0=whole.log_f0[window],
            voicing=whole.voicing[window], categories=None, positions=None
        ))  # fmt: skip
    codes = model.encode(torch.stack([standardised(part, spectra) for part in parts]).unsqueeze(1))
    steps = torch.linspace(0.0, 1.0, STEPS).tolist()
    drawn = [
        model.sample(
            options.seed,
            1,
            (codes[:1] * (1 - step) + codes[1:] * step),
            temperature=options.temperature,
        )[0, 0]
        for step in steps
    ]

    def mixed(name: str) -> np.ndarray:
        one, other = (vars(part)[name] for part in parts)
        return np.concatenate([one * (1 - step) + other * step for step in steps]).astype(
            np.float32
        )

    return dataclasses.replace(
        parts[0],
        log_mel=raw(torch.cat(drawn), spectra),
        log_f0=mixed("log_f0"),
        voicing=mixed("voicing"),
    )


def write(options: argparse.Namespace, name: str, voice: Voice, conditions: Conditions) -> None:
    path = options.output / f"{name}.wav"
    write_audio(path, voice.vocode(conditions, seed=options.seed), voice.sample_rate)
    print(path, flush=True)


if __name__ == "__main__":
    main()
