"""What an alignment is worth: how well an acoustic model, trained afresh on it, foretells held-out
recordings; and what a voice's vocoder pays for them.

Needs a prepared and aligned run. Run it, align anew (`sonant-train align --by recogniser`), run it
again: both trainings see the same utterances in the same order, but for the hundredth whose
alignment scores lowest. The mel error is of true durations, so it counts how well phonemes and
frames fit; the duration error counts how regular the boundaries are. A voice that was trained on
one of the alignments favours it: its bits can only excuse the other.

python benchmarks/models/alignments.py --voice kathleen --steps 400
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from pathlib import Path

import torch

from training import stages
from training.acoustic.regression import AcousticTask
from training.data.likelihood import utterance_bits
from training.loop import LoopConfig, Trainer
from training.recipe_file import Recipe
from vocoder.machine import processor_name
from vocoder.synthesis.voice import load_voice


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voice", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument(
        "--sentences", type=int, default=20, help="held-out utterances that the vocoder pays for"
    )
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = stages.Run(name=options.voice, root=options.runs).dataset()
    loop = LoopConfig(
        total_steps=options.steps,
        learning_rate=1.5e-3,
        ema_decay=0.99,
        validate_every=options.steps,
        bf16=stages.bf16_pays("cpu"),
    )
    torch.manual_seed(loop.seed)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(AcousticTask(data, Recipe.read().acoustic_for(data)), loop, Path(folder))
        trainer.run(lambda step, figures: None)
        losses = trainer.task.validate(trainer.average, torch.device("cpu"))
    voice = load_voice(options.voice)
    entries = data.entries(validation=True)[: options.sentences]
    samples = sum(entry.num_frames for entry in entries) * data.audio.hop_length
    known = (
        sum(utterance_bits(voice.engine, voice.pack.network, data, entry) for entry in entries)
        / samples
    )
    unaligned = [dataclasses.replace(entry, phoneme_start=-1) for entry in entries]
    unknown = (
        sum(utterance_bits(voice.engine, voice.pack.network, data, entry) for entry in unaligned)
        / samples
    )
    shown = ", ".join(f"{name} {value:.4f}" for name, value in losses.items())
    print(
        f"aligned by {data.header.aligned_by}; held-out losses after {options.steps} steps: {shown}"
    )
    print(
        f"vocoder of {options.voice}: {known:.4f} bits per sample, {unknown:.4f} without the "
        f"phonemes ({len(entries)} held-out utterances); {processor_name()}"
    )


if __name__ == "__main__":
    main()
