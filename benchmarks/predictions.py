"""What the network gains from being shown its predictions (`vocoder.wavenet.prediction`): held-out bits per sample of short, equal trainings.

Needs a prepared and aligned run (`sonant-train prepare`, `sonant-train align`). Both trainings see the same segments in the same order.

python benchmarks/predictions.py --voice kathleen --variant with
python benchmarks/predictions.py --voice kathleen --variant without
"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from pathlib import Path

import torch

from training import stages
from training.loop import Trainer
from training.vocoder_task import SegmentConfig, VocoderTask
from vocoder.machine import processor_name

WITHOUT = {"prediction_order": 0, "max_lag": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--voice", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--variant", choices=("with", "without"), required=True)
    parser.add_argument("--steps", type=int, default=400)
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = stages.Run(name=options.voice, root=options.runs).dataset()
    config = stages.wavenet_config(data)
    if options.variant == "without":
        config = dataclasses.replace(config, **WITHOUT)
    loop = dataclasses.replace(stages.vocoder_loop(options.steps, "cpu"), validate_every=options.steps)
    torch.manual_seed(loop.seed)
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(VocoderTask(data, config, SegmentConfig()), loop, Path(folder))
        trainer.run(lambda step, figures: None)
        bits = trainer.task.validate(trainer.average, torch.device("cpu"))["bits_per_sample_audio_only"]
    print(f"{options.variant} predictions, {options.steps} steps: {bits:.3f} bits per sample from audio alone; {processor_name()}")


if __name__ == "__main__":
    main()
