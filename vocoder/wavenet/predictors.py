"""What predictions are made with, and the predictions of one sample: numpy alone.

`vocoder.wavenet.prediction` says what is predicted, and why.

F frames, M mels, P prediction order, H predictions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vocoder.audio.linear_prediction import linear_prediction
from vocoder.audio.quantise import Quantiser
from vocoder.config import AudioConfig, WaveNetConfig

FloatArray = npt.NDArray[np.float32]
PERIOD_LEAD = 4  # samples


@dataclass(frozen=True, kw_only=True)
class Predictors:
    """What the predictions of every frame are made with.

    Attributes:
        coefficients: float32 [F, P], of the linear prediction; the first belongs to the sample just
            before. P may be 0.
        lags: int32 [F], 1..max_lag, in samples; 0 throughout for a network without `max_lag`.
    """

    coefficients: FloatArray
    lags: npt.NDArray[np.int32]

    def at(self, frame: int) -> tuple[FloatArray, int]:
        """Coefficients [P] and lag of one frame."""
        return self.coefficients[frame], int(self.lags[frame])

    @classmethod
    def of(
        cls, log_mel: FloatArray, log_f0: FloatArray, audio: AudioConfig, config: WaveNetConfig
    ) -> Predictors:
        """From a frame's spectrum and pitch.

        Args:
            log_mel: float32 [F, M].
            log_f0: float32 [F], log of Hz.
            audio: what they were computed with.
            config: of the network that will be shown the predictions.
        """
        lags = np.zeros(len(log_f0), np.int32)
        if config.max_lag > 0:
            periods = audio.sample_rate / np.exp(log_f0.astype(np.float64))
            lags = np.clip(np.round(periods) - PERIOD_LEAD, 1, config.max_lag).astype(np.int32)
        return cls(
            coefficients=linear_prediction(
                log_mel, audio, config.prediction_order, config.prediction_smoothing_hz
            ),
            lags=lags,
        )


def predict_next(
    config: WaveNetConfig,
    quantiser: Quantiser,
    past: npt.NDArray[np.integer],
    coefficients: FloatArray,
    lag: int,
) -> npt.NDArray[np.int64]:
    """The predictions of one sample: `predict` for an engine that goes step by step.

    Args:
        config: says which predictions there are.
        quantiser: the network's.
        past: codes [history_length], the latest first.
        coefficients: float32 [P] of the sample's frame.
        lag: of the sample's frame.

    Returns:
        int64 [H].
    """
    values = quantiser.values[past].astype(np.float64)
    found = []
    if config.prediction_order > 0:
        found.append(coefficients.astype(np.float64) @ values[: config.prediction_order])
    if config.max_lag > 0:
        found.append(values[lag - 1])
    return np.searchsorted(quantiser.edges, np.array(found), side="right").astype(np.int64)
