"""What the vocoder is trained on: short segments of recordings, given their true conditions. torch
and numpy alone.

A batch is some segments (`training.data.segments`). The first frames of a segment only fill the
network's receptive field and are not counted in the loss. On the processor batches are made one
segment at a time and the network computes its own likelihoods; a GPU has
`training.data.gpu_dataset` and `training.fused_likelihood` for that.

B batch, F frames, T samples.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn

from training.data.dataset import DatasetEntry, PreparedSet
from training.data.gpu_dataset import ResidentSegments
from training.data.segments import Draw, SegmentConfig, segment_codes
from training.fused_likelihood import FusedLikelihood, require_compiler
from training.loop import Batch
from vocoder.audio.quantise import Quantiser
from vocoder.config import CATEGORIES, FRAME_POSITIONS, WaveNetConfig
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.predictors import Predictors


class VocoderTask:
    """Maximum likelihood of the codes (arXiv 1609.03499, section 2.2)."""

    def __init__(
        self,
        data: PreparedSet,
        config: WaveNetConfig,
        segments: SegmentConfig,
        *,
        compile_network: bool = False,
        device: torch.device | str = "cpu",
        resident: bool = False,
    ) -> None:
        """What is trained, where, and how.

        Args:
            data: the data set.
            config: of the network.
            segments: how segments are drawn.
            compile_network: torch.compile for the blocks; a minute of waiting, and on a CPU a fifth
                more speed.
                The conditioning network stays out of it: inductor's gradient of its small
                embeddings writes out of bounds on a CPU (torch 2.13).
            device: where the network will be trained.
            resident: whether the data set lies there, too, and batches are made there.

        Raises:
            InputError: nothing is there that torch.compile could compile with, or the device has no
                room for the data set.
        """
        where = torch.device(device)
        if compile_network:
            require_compiler(where)
        self.data = data
        self.config = config
        self.segments = segments
        self.model: nn.Module = WaveNet(config)
        self.quantiser: Quantiser = WaveNet(config).quantiser
        # On the processor a run follows the curve that it always did, to the bit.
        self._log_prob: Callable[[WaveNet, Tensor, Tensor, Tensor, Tensor], Tensor]
        if where.type == "cpu" and not resident:
            self._log_prob = (
                torch.compile(WaveNet.log_prob) if compile_network else WaveNet.log_prob
            )
        else:
            self._log_prob = FusedLikelihood(
                config, self.quantiser, where, compile_blocks=compile_network
            )
        self.training = [
            entry
            for entry in data.entries(validation=False)
            if entry.num_frames >= segments.all_frames
        ]
        self._weights = np.array([entry.num_frames for entry in self.training], np.float64)
        self._weights /= self._weights.sum()
        self.resident = (
            ResidentSegments(data, self.training, config, self.quantiser, segments, where)
            if resident
            else None
        )

    def batch(self, generator: np.random.Generator) -> Batch:
        """Segments of utterances chosen in proportion to their length: the same ones for the same
        generator, wherever the data set lies.

        Returns:
            codes int64 [B, T], log_mel float32 [B, F, M], log_f0 and voicing float32 [B, F],
            categories int64 [B, F, 4], positions float32 [B, F, 6], coefficients float32 [B, F, P],
            lags int32 [B, F] and speaker int64 [B].
        """
        drawn = self.draw(generator)
        if self.resident is not None:
            return self.resident.batch(drawn)
        frames = self.segments.all_frames
        rows = [
            self._segment(
                draw.entry, draw.start, frames, withhold=draw.withhold, predicted=draw.predicted
            )
            for draw in drawn
        ]
        return {name: torch.stack([row[name] for row in rows]) for name in rows[0]}

    def draw(self, generator: np.random.Generator) -> list[Draw]:
        """The segments of one batch."""
        frames = self.segments.all_frames
        drawn = []
        for index in generator.choice(len(self.training), self.segments.segments, p=self._weights):
            entry = self.training[index]
            start = int(generator.integers(entry.num_frames - frames + 1))
            withhold = bool(generator.random() < self.segments.linguistic_dropout)
            # Not drawn where nothing depends on it: a run without predicted spectra is the run it
            # always was.
            predicted = self.segments.predicted_share > 0 and bool(
                generator.random() < self.segments.predicted_share
            )
            drawn.append(Draw(entry, start, withhold, predicted))
        return drawn

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """`loss` in nats per sample."""
        assert isinstance(model, WaveNet)
        conditioning = model.condition(
            batch["log_mel"],
            batch["log_f0"],
            batch["voicing"],
            batch["categories"],
            batch["positions"],
            batch["speaker"],
        )
        log_likelihood = self._log_prob(
            model, batch["codes"], conditioning, batch["coefficients"], batch["lags"]
        )
        skipped = self.segments.context_frames * self.config.hop_length
        return {"loss": -log_likelihood[:, skipped:].mean()}

    @torch.no_grad()
    def validate(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """Exact bits per sample on whole held-out utterances, with and without linguistic features,
        and of predicted spectra where such are trained on.
        """
        model.eval()
        figures = {}
        ways = {"bits_per_sample": (False, False), "bits_per_sample_audio_only": (True, False)}
        if self.segments.predicted_share > 0:
            ways["bits_per_sample_predicted"] = (False, True)
        for name, (withhold, predicted) in ways.items():
            nats, samples = 0.0, 0
            for entry in self.data.entries(validation=True):
                row = self._segment(
                    entry, 0, entry.num_frames, withhold=withhold, predicted=predicted
                )
                batch = {key: value.unsqueeze(0).to(device) for key, value in row.items()}
                assert isinstance(model, WaveNet)
                conditioning = model.condition(
                    batch["log_mel"],
                    batch["log_f0"],
                    batch["voicing"],
                    batch["categories"],
                    batch["positions"],
                    batch["speaker"],
                )
                with torch.autocast(device.type, torch.bfloat16, enabled=device.type != "cpu"):
                    nats -= float(
                        model.log_prob(
                            batch["codes"], conditioning, batch["coefficients"], batch["lags"]
                        ).sum()
                    )
                samples += batch["codes"].numel()
                if samples > self.segments.validation_seconds * self.data.audio.sample_rate:
                    break
            figures[name] = nats / samples / math.log(2)
        return figures

    def _segment(
        self,
        entry: DatasetEntry,
        start: int,
        frames: int,
        *,
        withhold: bool,
        predicted: bool = False,
    ) -> dict[str, Tensor]:
        audio = self.data.audio
        codes = segment_codes(self.data, self.quantiser, entry, start, frames)
        conditions = self.data.conditions(entry, predicted=predicted)
        part = slice(start, start + frames)
        predictors = Predictors.of(
            conditions.log_mel[part], conditions.log_f0[part], audio, self.config
        )
        if conditions.categories is None or conditions.positions is None or withhold:
            categories = np.zeros((frames, len(CATEGORIES)), np.int64)
            positions = np.zeros((frames, len(FRAME_POSITIONS)), np.float32)
        else:
            categories, positions = conditions.categories[part], conditions.positions[part]
        return {
            "codes": torch.from_numpy(codes),
            "log_mel": torch.from_numpy(conditions.log_mel[part]),
            "log_f0": torch.from_numpy(conditions.log_f0[part]),
            "voicing": torch.from_numpy(conditions.voicing[part]),
            "categories": torch.from_numpy(categories),
            "positions": torch.from_numpy(positions),
            "coefficients": torch.from_numpy(predictors.coefficients),
            "lags": torch.from_numpy(predictors.lags),
            "speaker": torch.tensor(entry.speaker),
        }
