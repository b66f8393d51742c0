"""What it costs to draw several samples from one step of the dilated stack: exact bits per sample
of held-out speech after equal CPU time of training.

    python benchmarks/models/samples_per_step.py --voice kathleen 1 2 4 [--seconds 120]

The stack runs once for K samples: its input is the K codes before, with their predictions. The K
distributions of a step come from the shared head, each conditioned on the codes of the step that
were drawn already, and on its own predictions. So the likelihood stays a product of conditionals.
K = 1 is the network that is shipped. Needs a prepared run (`sonant-train prepare`); torch runs on
one thread.

B batch, F frames, T samples, N = T / K steps, R residual, S skip, Q levels, H predictions.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training import stages
from training.loop import Batch
from training.recipe_file import Recipe
from training.vocoder_task import VocoderTask
from vocoder.config import WaveNetConfig
from vocoder.wavenet.network import WaveNet, smooth_rows
from vocoder.wavenet.prediction import predict

LEARNING_RATE, WARM_UP_STEPS, DECAY_SHARE = 4e-3, 50, 0.4
LONGEST_AVERAGE = 0.99  # of the weights
DRAWN_SCALE = 0.3  # of the first values of tables that are added to the skips


class MultiStepWaveNet(WaveNet):
    """A WaveNet whose stack runs once for `samples_per_step` samples."""

    def __init__(self, config: WaveNetConfig, samples_per_step: int) -> None:
        super().__init__(config)
        self.samples_per_step = samples_per_step
        residual, skip = config.residual_channels, config.skip_channels
        levels, count = config.quantisation_levels, samples_per_step

        def tables(number: int, channels: int, scale: float = 1.0) -> nn.ModuleList:
            made = nn.ModuleList(nn.Embedding(levels, channels) for _ in range(number))
            for table in made:
                with torch.no_grad():
                    table.weight.copy_(smooth_rows(levels, channels) * scale)
            return made

        self.codes_before = tables(count, residual)
        self.predicted_before = tables(count * config.num_predictions, residual)
        self.drawn = tables(count - 1, skip, DRAWN_SCALE)  # by their distance
        self.predicted_now = tables(config.num_predictions, skip, DRAWN_SCALE)
        self.place = nn.Parameter(torch.zeros(count, skip))

    def log_prob(
        self, codes: Tensor, conditioning: Tensor, coefficients: Tensor, lags: Tensor
    ) -> Tensor:
        """As `WaveNet.log_prob`: [B, T], nats of each code given those before it."""
        count = self.samples_per_step
        if count == 1:
            return super().log_prob(codes, conditioning, coefficients, lags)
        batch, samples = codes.shape
        silence = self.quantiser.silence
        predictions = predict(self.config, self.quantiser, codes, coefficients, lags)
        before = functional.pad(codes, (count, 0), value=silence)[:, :samples]
        told = functional.pad(predictions, (0, 0, count - 1, 0), value=silence)[:, :samples]
        before = before.view(batch, -1, count)  # codes nK - K .. nK - 1
        told = told.view(batch, -1, count, self.config.num_predictions)  # nK - K + 1 .. nK
        x = torch.zeros(())
        for place in range(count):
            x = x + self.codes_before[place](before[..., place])
            for kind in range(self.config.num_predictions):
                table = self.predicted_before[kind * count + place]
                x = x + table(told[..., place, kind])
        gates = []
        for layer, block in enumerate(self.blocks):
            x, gated = block(x, conditioning[:, :, layer])
            gates.append(gated)
        skips = self.skip(torch.cat(gates, dim=-1))
        inside = self._inside(skips, codes, predictions)
        outputs = self.head2(functional.relu(self.head1(functional.relu(inside))))
        logs = torch.log_softmax(outputs.view(batch, samples, -1).float(), dim=-1)
        found: Tensor = logs.gather(-1, codes.unsqueeze(-1)).squeeze(-1)
        return found

    def _inside(self, skips: Tensor, codes: Tensor, predictions: Tensor) -> Tensor:
        """[B, N, S] to [B, N, K, S]: of each place of a step, with what was drawn before it."""
        count, batch = self.samples_per_step, len(codes)
        drawn = codes.view(batch, -1, count)
        told = predictions.view(batch, -1, count, self.config.num_predictions)
        rows = []
        for place in range(count):
            row = skips + self.place[place]
            for earlier in range(place):
                row = row + self.drawn[place - 1 - earlier](drawn[..., earlier])
            for kind, table in enumerate(self.predicted_now):
                row = row + table(told[..., place, kind])
            rows.append(row)
        return torch.stack(rows, dim=2)


def multiply_adds(config: WaveNetConfig, samples_per_step: int) -> float:
    """Of one sample, without conditioning and embeddings."""
    block = (
        config.kernel_size * config.residual_channels * config.gate_channels
        + config.gated_channels * (config.residual_channels + config.skip_channels)
    )
    head = config.skip_channels * config.head_channels
    return (
        config.num_layers * block / samples_per_step
        + head
        + config.head_channels * config.quantisation_levels
    )


def nats_per_sample(task: VocoderTask, model: MultiStepWaveNet, batch: Batch) -> Tensor:
    """As the loss of `VocoderTask`, which calls the shipped network's likelihood by name."""
    names = ("log_mel", "log_f0", "voicing", "categories", "positions", "speaker")
    conditioning = model.condition(*(batch[name] for name in names))
    logs = model.log_prob(batch["codes"], conditioning, batch["coefficients"], batch["lags"])
    return -logs[:, task.segments.context_frames * task.config.hop_length :].mean()


def train(task: VocoderTask, model: MultiStepWaveNet, seconds: float) -> int:
    """Trains for so many seconds of CPU time, and leaves the averaged weights; gives the steps."""
    optimiser = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.99))
    average = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    begun, step = time.process_time(), 0
    while (used := time.process_time() - begun) < seconds:
        drawn = np.random.Generator(np.random.Philox(key=1, counter=[0, 0, 0, step]))
        left = min(1.0, (1 - used / seconds) / DECAY_SHARE)
        for group in optimiser.param_groups:
            group["lr"] = LEARNING_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * left
        with torch.autocast("cpu", torch.bfloat16):
            loss = nats_per_sample(task, model, task.batch(drawn))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        kept = min(LONGEST_AVERAGE, step / (step + 10))
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                average[name].lerp_(tensor, 1 - kept)
    model.load_state_dict(average)
    return step


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("samples", type=int, nargs="+", help="K; must divide the hop length")
    parser.add_argument("--voice", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--seconds", type=float, default=120.0, help="of CPU time (%(default)s)")
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = stages.Run(name=options.voice, root=options.runs).dataset()
    recipe = Recipe.read()
    config = recipe.wavenet_for(data)
    for count in options.samples:
        if config.hop_length % count:
            parser.error(f"{count} does not divide the {config.hop_length} samples of a frame")
    for count in options.samples:
        torch.manual_seed(0)
        task = VocoderTask(data, config, recipe.segments)
        model = MultiStepWaveNet(config, count)
        steps = train(task, model, options.seconds)
        bits = task.validate(model, torch.device("cpu"))["bits_per_sample"]
        print(
            f"K = {count}: {bits:.4f} bits per sample after {steps} updates, "
            f"{multiply_adds(config, count) / 1000:.0f}k multiply-adds a sample",
            flush=True,
        )


if __name__ == "__main__":
    main()
