"""What a density is trained on: examples drawn at random, maximum likelihood. torch and numpy
alone.

B batch.
"""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from training.density.data import DensityData
from training.loop import Batch
from vocoder.audio.whole_file import whole_file
from vocoder.density.autoencoder import PixelCnnAutoencoder
from vocoder.density.config import DensityConfig
from vocoder.density.model import AutoregressiveModel

EVALUATED_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Likelihood:
    """Held-out likelihood.

    Attributes:
        nats: mean of -log p(x) over the examples.
        nats_error: its standard error.
        bits_per_dimension: the same in bits, divided by the dimensions.
        bits_error: its standard error.
        examples: how many.
    """

    nats: float
    nats_error: float
    bits_per_dimension: float
    bits_error: float
    examples: int

    @classmethod
    def of(cls, nats: Tensor, dimensions: int) -> Likelihood:
        """From -log p(x) of each example, [N]."""
        values = nats.double()
        mean = float(values.mean())
        error = float(values.std()) / math.sqrt(len(values)) if len(values) > 1 else math.inf
        bits = 1.0 / (dimensions * math.log(2.0))
        return cls(
            nats=mean,
            nats_error=error,
            bits_per_dimension=mean * bits,
            bits_error=error * bits,
            examples=len(values),
        )


class DensityTask:
    """Maximum likelihood of examples drawn at random, with replacement."""

    def __init__(
        self,
        data: DensityData,
        config: DensityConfig,
        *,
        batch_size: int = 100,
        validated: int = 500,
        best: Path | None = None,
    ) -> None:
        """What is trained.

        Args:
            data: whose shape, levels and classes the configuration has.
            config: of the model.
            batch_size: B.
            validated: how many examples are validated on, at most.
            best: where the weights are kept that were best in a validation; None keeps none.
        """
        self.data = data
        self.config = config
        self.batch_size = batch_size
        self.validated = validated
        self.best = best
        self.model: nn.Module = config.build()

    def copy(self) -> DensityTask:
        """The same with a model of its own, which keeps no best weights."""
        copied = copy.copy(self)
        copied.best = None
        copied.model = copy.deepcopy(self.model)
        return copied

    def batch(self, generator: np.random.Generator) -> Batch:
        """`x` [B, *shape], and `given` int64 [B] where the model is given a class."""
        rows = torch.from_numpy(generator.integers(len(self.data.training), size=self.batch_size))
        batch = {"x": self.data.training[rows]}
        if self.config.given.kind == "class":
            assert self.data.classes is not None
            batch["given"] = self.data.classes[0][rows]
        return batch

    def losses(self, model: nn.Module, batch: Batch) -> dict[str, Tensor]:
        """`loss` in nats per dimension, and `nats` of a whole example."""
        assert isinstance(model, AutoregressiveModel)
        nats = -model.training_log_prob(batch["x"], batch.get("given")).flatten(1).sum(1).mean()
        return {"loss": nats / model.num_dimensions, "nats": nats}

    def validate(self, model: nn.Module, device: torch.device) -> dict[str, float]:
        """`nats` and `bits_per_dimension` of held-out examples; keeps the weights where they are
        the best so far.
        """
        assert isinstance(model, AutoregressiveModel)
        classes = None if self.data.classes is None else self.data.classes[1][: self.validated]
        found = likelihood(model, self.data.validation[: self.validated], classes, device)
        if self.best is not None and found.nats < self._best_nats():
            with whole_file(self.best) as file:
                torch.save({"average": model.state_dict(), "nats": found.nats}, file)
        return {"nats": found.nats, "bits_per_dimension": found.bits_per_dimension}

    def _best_nats(self) -> float:
        """Of the best weights that this run has kept, in this process or before."""
        if self.best is None or not self.best.is_file():
            return math.inf
        return float(torch.load(self.best, map_location="cpu", weights_only=True)["nats"])


@torch.no_grad()
def likelihood(
    model: AutoregressiveModel,
    x: Tensor,
    classes: Tensor | None = None,
    device: torch.device | str = "cpu",
) -> Likelihood:
    """The exact likelihood of examples; of an autoencoder given their own codes, which is no
    likelihood of them.

    Args:
        model: whose.
        x: [N, *shape].
        classes: int64 [N], read where the model is given a class.
        device: where the model is.
    """
    model.eval()
    nats = []
    for start in range(0, len(x), EVALUATED_AT_ONCE):
        part = x[start : start + EVALUATED_AT_ONCE].to(device)
        if isinstance(model, PixelCnnAutoencoder):
            log_probs = model.reconstruction_log_prob(part)
        elif model.given.kind == "class":
            assert classes is not None
            log_probs = model.log_prob(part, classes[start : start + EVALUATED_AT_ONCE].to(device))
        else:
            log_probs = model.log_prob(part)
        nats.append(-log_probs.double().flatten(1).sum(1).cpu())
    return Likelihood.of(torch.cat(nats), model.num_dimensions)
