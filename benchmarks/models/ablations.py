"""What helps a vocoder most, at equal compute: held-out bits per sample of short trainings that
differ in one thing each.

Every variant sees as many samples as `base`, in the same order where its batches have the same
shape. Where the codes themselves mean something else (pre-emphasis, levels), bits per code do not
compare; `signal_bits` do: the density of the recordings' own samples that the codes imply, each
code's probability spread evenly over its cell, in bits per sample at steps of 1/32768.
(Pre-emphasis subtracts something known, so it leaves volumes as they are.) `coded_pesq` is what the
codes alone keep of the sound: PESQ-WB of held-out recordings coded and decoded, about the best that
any network can do with them.

Needs a prepared and aligned run (`sonant-train prepare`, `sonant-train align`). Prints a table;
`--json` appends a row per variant to a file, and variants that are in it already are not run again.

    python benchmarks/models/ablations.py --voice kathleen --steps 300 --json FILE
    python benchmarks/models/ablations.py --voice kathleen --steps 300 base no-predictions
"""

from __future__ import annotations

import argparse
import copy
import dataclasses
import datetime
import json
import math
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from training import stages
from training.data.dataset import PreparedSet
from training.evaluation.measures import quality
from training.loop import LoopConfig, Trainer
from training.recipe import loop_for
from training.recipe_file import Recipe
from training.vocoder_task import VocoderTask, segment_codes
from vocoder.audio.emphasis import de_emphasise
from vocoder.machine import processor_name
from vocoder.wavenet import prediction

CODED = 20  # held-out recordings whose codes alone are judged


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What differs from the recipe: fields of `AudioConfig`, `WaveNetConfig`, `SegmentConfig` and
    `LoopConfig`.
    """

    what: str
    audio: dict[str, Any] = field(default_factory=dict)  # nothing that the prepared data depend on
    model: dict[str, Any] = field(default_factory=dict)
    segments: dict[str, Any] = field(default_factory=dict)
    loop: dict[str, Any] = field(default_factory=dict)
    lead: int = prediction.PERIOD_LEAD
    decays: bool = True


VARIANTS = {
    "base": Variant(what="the recipe"),
    "no-predictions": Variant(
        what="shown the previous code alone", model={"prediction_order": 0, "max_lag": 0}
    ),
    "linear-only": Variant(
        what="shown the linear prediction, not the last period", model={"max_lag": 0}
    ),
    "period-only": Variant(
        what="shown the last period, not the linear prediction", model={"prediction_order": 0}
    ),
    "no-lead": Variant(what="the last period's sample itself, not four later", lead=0),
    "order-16": Variant(
        what="linear prediction of order 16, smoothed over 40 Hz",
        model={"prediction_order": 16, "prediction_smoothing_hz": 40.0},
    ),
    "order-24": Variant(
        what="linear prediction of order 24, smoothed over 40 Hz",
        model={"prediction_order": 24, "prediction_smoothing_hz": 40.0},
    ),
    "order-64": Variant(what="linear prediction of order 64", model={"prediction_order": 64}),
    "no-look-ahead": Variant(
        what="conditioning sees its own frame alone", model={"cond_context": 0}
    ),
    "look-ahead-4": Variant(
        what="conditioning sees four frames to each side", model={"cond_context": 4}
    ),
    "no-linguistic": Variant(
        what="never given phonemes and positions", segments={"linguistic_dropout": 1.0}
    ),
    "short-field": Variant(
        what="dilations up to 8: 60 samples and the predictions' 256", model={"num_cycles": 4}
    ),
    "long-field": Variant(what="dilations up to 32,768 once", model={"num_cycles": 1}),
    "deep": Variant(
        what="20 blocks in two cycles: a quarter more compute", model={"num_layers": 20}
    ),
    "wide": Variant(
        what="96 channels: twice the compute", model={"residual_channels": 96, "gate_channels": 192}
    ),
    "segments-2x30": Variant(
        what="two segments of 4,800 samples", segments={"segments": 2, "frames": 30}
    ),
    "segments-8x15": Variant(what="eight segments, half as many updates", segments={"segments": 8}),
    "rate-1e-3": Variant(what="half the learning rate", loop={"learning_rate": 1e-3}),
    "rate-4e-3": Variant(what="twice the learning rate", loop={"learning_rate": 4e-3}),
    "no-decay": Variant(what="learning rate constant to the end", decays=False),
    "no-average": Variant(what="the last weights, not their average", loop={"ema_decay": 0.0}),
    "levels-512": Variant(
        what="512 codes: bits are of finer codes, one more for the same certainty",
        model={"quantisation_levels": 512},
    ),
    "pre-emphasis-0": Variant(what="no pre-emphasis", audio={"pre_emphasis": 0.0}),
    "pre-emphasis-0.7": Variant(
        what="pre-emphasis 0.7 in place of 0.85", audio={"pre_emphasis": 0.7}
    ),
    "pre-emphasis-0.95": Variant(
        what="pre-emphasis 0.95 in place of 0.85", audio={"pre_emphasis": 0.95}
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voice", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--json", type=Path)
    parser.add_argument("variants", nargs="*", choices=[[], *VARIANTS], default=[])
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = stages.Run(name=options.voice, root=options.runs).dataset()
    rows = (
        json.loads(options.json.read_text(encoding="utf-8"))
        if options.json is not None and options.json.is_file()
        else []
    )
    for name in options.variants or VARIANTS:
        if any(row["variant"] == name and row["steps"] == options.steps for row in rows):
            continue
        rows.append(run(name, data, options.steps))
        row = rows[-1]
        figures = (
            f"{row['bits_per_sample']:.3f} bits per code, {row['signal_bits']:.3f} of the "
            f"signal, codes alone PESQ-WB {row['coded_pesq']:.2f}"
        )
        print(f"{name:18}{figures}, {row['seconds']:.0f} s   {VARIANTS[name].what}", flush=True)
        if options.json is not None:
            options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def run(name: str, prepared: PreparedSet, base_steps: int) -> dict[str, Any]:
    """One training, measured from audio alone."""
    variant = VARIANTS[name]
    data = copy.copy(prepared)
    data.audio = dataclasses.replace(data.audio, **variant.audio)
    recipe = Recipe.read()
    config = dataclasses.replace(recipe.wavenet_for(data), **variant.model)
    base, segments = recipe.segments, dataclasses.replace(recipe.segments, **variant.segments)
    steps = math.ceil(
        base_steps * base.segments * base.frames / (segments.segments * segments.frames)
    )
    loop = dataclasses.replace(
        loop_for(recipe.vocoder_loop, "cpu", steps=steps), validate_every=steps, **variant.loop
    )
    if not variant.decays:
        loop = dataclasses.replace(loop, decay_share=1 / steps)
    torch.manual_seed(loop.seed)
    with tempfile.TemporaryDirectory() as folder, period_lead(variant.lead):
        task = VocoderTask(data, config, segments)
        bits, seconds = trained(task, loop, Path(folder))
    cells, pesq = coding(task)
    return {
        "variant": name,
        "what": variant.what,
        "steps": base_steps,
        "updates": steps,
        "bits_per_sample": round(bits, 4),
        "signal_bits": round(bits + cells, 4),
        "coded_pesq": round(pesq, 3),
        "seconds": round(seconds, 1),
        "machine": processor_name(),
        "date": datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
    }


def trained(task: VocoderTask, loop: LoopConfig, folder: Path) -> tuple[float, float]:
    """Bits per sample from audio alone, and seconds of training."""
    trainer = Trainer(task, loop, folder)
    started = time.monotonic()
    trainer.run(lambda step, figures: None)
    seconds = time.monotonic() - started
    return task.validate(trainer.average, torch.device("cpu"))[
        "bits_per_sample_audio_only"
    ], seconds


def coding(task: VocoderTask) -> tuple[float, float]:
    """Mean log2 of the width, in steps of 1/32768, of the cells that the validated samples lie in,
    and PESQ-WB of held-out recordings coded and decoded.
    """
    data, quantiser = task.data, task.quantiser
    widths = np.log2(np.diff([-1.0, *quantiser.edges, 1.0]) * 32768)
    cells, scores = [], []
    samples = 0
    for index, entry in enumerate(data.entries(validation=True)):
        codes = segment_codes(data, quantiser, entry, 0, entry.num_frames)
        if samples <= task.segments.validation_seconds * data.audio.sample_rate:
            cells.append(widths[codes])
            samples += codes.size
        if index < CODED:
            wave = data.wave(entry)
            decoded, _ = de_emphasise(quantiser.decode(codes), data.audio.pre_emphasis, 0.0)
            scores.append(quality(wave, decoded))
    return float(np.concatenate(cells).mean()), float(np.mean(scores))


@contextmanager
def period_lead(samples: int) -> Iterator[None]:
    """The lead is a constant of the format, not a setting: it is changed here, for one training,
    and put back.
    """
    before, prediction.PERIOD_LEAD = prediction.PERIOD_LEAD, samples
    try:
        yield
    finally:
        prediction.PERIOD_LEAD = before


if __name__ == "__main__":
    main()
