"""The network's likelihoods as a card should compute them in training. torch and numpy alone.

`WaveNet.log_prob` in two parts. The first, up to the input of the first block, is the network's
own: a handful of kernels, partly in float64 (`vocoder.wavenet.prediction`). Only the tables of its
predictions are kept on the device, where the network would send them at every call, and wait. The
second part is nearly all of a step's work and bound by memory: torch.compile makes one kernel of
all that stands between two matrix products (gate; residual sum and the next block's taps; the end
with its softmax), in one graph without a break. The network as a whole does not compile so well:
its predictions, which numpy has a part in, break the graph five times. Besides, the embeddings'
gradients stay torch's own, which sums in a fixed order, where inductor's adds as threads come.

B batch, F frames, T samples, L layers, R residual, G gate, O output parameters, P prediction order,
H predictions.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from textwrap import shorten

import numpy as np
import torch
from torch import Tensor

from vocoder.audio.quantise import Quantiser
from vocoder.config import WaveNetConfig
from vocoder.errors import InputError
from vocoder.wavenet.distributions import log_prob
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.prediction import predict_with

ADVICE = "--no-compile trains without it"
MAX_REPORTED = 400  # characters of what a compiler says


def require_compiler(device: torch.device) -> None:
    """Raises InputError where torch.compile has nothing to compile with: on a card triton and a C
    compiler, on a processor a C++ compiler.
    """
    on_gpu = device.type != "cpu"
    if on_gpu and find_spec("triton") is None:
        raise InputError(
            f"torch.compile needs triton for {device}, and it is not installed; {ADVICE}",
            field="compile",
        )
    variable, usual = ("CC", ("gcc", "clang")) if on_gpu else ("CXX", ("g++",))
    compilers = (os.environ[variable],) if variable in os.environ else usual
    if not any(shutil.which(compiler) for compiler in compilers):
        raise InputError(
            (
                f"torch.compile needs a compiler for {device}, and there is none "
                f"({', '.join(compilers)}); {ADVICE}"
            ),
            field="compile",
        )


def blocks_log_prob(network: WaveNet, x: Tensor, conditioning: Tensor, codes: Tensor) -> Tensor:
    """`WaveNet.log_prob` from the first block's input on.

    Args:
        network: with the weights.
        x: [B, T, R].
        conditioning: [B, F, L, G].
        codes: int64 [B, T].

    Returns:
        float32 [B, T], in nats.
    """
    return log_prob(network.config, network.outputs_from(x, conditioning), codes)


class FusedLikelihood:
    """Called as `WaveNet.log_prob`, and gives the same but for rounding.

    Args:
        config: the network's.
        quantiser: likewise.
        device: where the network is.
        compile_blocks: False to leave the blocks to torch as they are.
    """

    def __init__(
        self,
        config: WaveNetConfig,
        quantiser: Quantiser,
        device: torch.device,
        *,
        compile_blocks: bool,
    ) -> None:
        self.config = config
        self._silent_value = float(quantiser.values[quantiser.silence])
        self._values = torch.from_numpy(quantiser.values.astype(np.float64)).to(device)
        self._edges = torch.from_numpy(quantiser.edges).to(device)
        self._rest: Callable[[WaveNet, Tensor, Tensor, Tensor], Tensor] = (
            _Compiled() if compile_blocks else blocks_log_prob
        )

    def __call__(
        self,
        network: WaveNet,
        codes: Tensor,
        conditioning: Tensor,
        coefficients: Tensor,
        lags: Tensor,
    ) -> Tensor:
        """Log-likelihood of each code in nats: float32 [B, T]; arguments as `WaveNet.forward`,
        errors as `_Compiled`.
        """
        return self._rest(
            network,
            network.first_input(codes, self.predict(codes, coefficients, lags)),
            conditioning,
            codes,
        )

    def predict(self, codes: Tensor, coefficients: Tensor, lags: Tensor) -> Tensor:
        """As `vocoder.wavenet.prediction.predict`: int64 [B, T, H]."""
        return predict_with(
            self.config, self._values, self._edges, self._silent_value, codes, coefficients, lags
        )


class _Compiled:
    """`blocks_log_prob`, compiled at the first call. Raises InputError where that fails: nothing is
    computed more slowly instead.
    """

    def __init__(self) -> None:
        self._compiled = torch.compile(blocks_log_prob, fullgraph=True, dynamic=False)

    def __call__(self, network: WaveNet, x: Tensor, conditioning: Tensor, codes: Tensor) -> Tensor:
        # late: it brings the compiler, a second and more
        from torch._dynamo.exc import (
            TorchDynamoException,
        )

        try:
            compiled: Tensor = self._compiled(network, x, conditioning, codes)
        except TorchDynamoException as error:
            raise InputError(
                f"torch.compile failed: {shorten(str(error), MAX_REPORTED)}; {ADVICE}",
                field="compile",
            ) from error
        return compiled
