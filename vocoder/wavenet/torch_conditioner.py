"""What a network needs of every frame, by torch: what training reads, and the reference.

F frames, L layers, G gate.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from vocoder.config import AudioConfig
from vocoder.torch_threads import one_torch_thread
from vocoder.wavenet.conditioner import linguistic_features
from vocoder.wavenet.conditions import Conditions
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.predictors import Predictors


class TorchConditioner:
    """`vocoder.wavenet.conditioner.Conditioner` by the network itself, on the CPU."""

    def __init__(self, network: WaveNet) -> None:
        self._network = network

    def condition(self, conditions: Conditions) -> npt.NDArray[np.float32]:
        """As `Conditioner`."""
        added: npt.NDArray[np.float32] = _added(self._network, conditions)[0].numpy()
        return added


def condition(
    network: WaveNet, audio: AudioConfig, conditions: Conditions
) -> tuple[Tensor, Predictors]:
    """All that is added inside the gates, float32 [1, F, L, G], and what predictions are made with.

    Linguistic features that are not known are given as absent.
    """
    predictors = Predictors.of(conditions.log_mel, conditions.log_f0, audio, network.config)
    return _added(network, conditions), predictors


@torch.inference_mode()
def _added(network: WaveNet, conditions: Conditions) -> Tensor:
    categories, positions = linguistic_features(conditions)

    def batch(array: npt.NDArray[np.generic]) -> Tensor:
        return torch.tensor(array).unsqueeze(0)

    with one_torch_thread():
        return network.condition(
            batch(conditions.log_mel),
            batch(conditions.log_f0),
            batch(conditions.voicing),
            batch(categories),
            batch(positions),
            torch.tensor([conditions.speaker]),
        )
