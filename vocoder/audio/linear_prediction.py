"""Linear prediction by the spectrum alone: log-mel to the filter that predicts the pre-emphasised
signal best.

The power spectrum is read off the mel bands, its inverse transform is the autocorrelation, and
Levinson's recursion solves for the filter (Makhoul 1975, "Linear prediction: a tutorial review").
The filter is stable for any spectrum. Smoothing keeps a short filter from following single
harmonics; a filter as long as a period of the voice does well to follow them, as far as the mel
bands resolve them.

In float64 throughout. What follows the power spectrum is C++ where that was compiled
(`vocoder/native/frames/prediction.h`), some frames side by side, with the same bits whatever the
instruction set. `plain_filters` says the same in numpy and stands in for it elsewhere; the two
agree to float64's rounding.

F frames, M mels, P coefficients.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from vocoder.compiled import native_module
from vocoder.config import AudioConfig
from vocoder.errors import ConfigError

FloatArray = npt.NDArray[np.float32]
DoubleArray = npt.NDArray[np.float64]
BINS = 257  # frequencies at which the spectrum is sampled
# of the power, added as white noise: the past is made of codes, whose error a sharper filter would
# follow
NOISE = 1e-3


def linear_prediction(
    log_mel: FloatArray, audio: AudioConfig, order: int, smoothing_hz: float
) -> FloatArray:
    """Coefficients, the first of which belongs to the sample just before.

    Args:
        log_mel: float32 [F, M], as `vocoder.audio.mel.log_mel` gives it.
        audio: what it was computed with.
        order: P, 0..511.
        smoothing_hz: over how much of the spectrum it is smoothed.

    Returns:
        float32 [F, P].

    Raises:
        ConfigError: P is too large for so many bins.
    """
    return _predictor(audio, order, smoothing_hz).filters_of(log_mel)


@lru_cache(maxsize=8)
def _predictor(audio: AudioConfig, order: int, smoothing_hz: float) -> _Predictor:
    return _Predictor(audio, order, smoothing_hz)


class _Predictor:
    """All that is the same for every frame. `isa`: the instruction set, "auto" or one of
    `vocoder.compiled.available_isas()`.
    """

    def __init__(
        self, audio: AudioConfig, order: int, smoothing_hz: float, isa: str = "auto"
    ) -> None:
        if order >= 2 * (BINS - 1):
            raise ConfigError(
                f"linear prediction has fewer than {2 * (BINS - 1)} coefficients, not {order}"
            )
        frequencies = np.linspace(0.0, audio.sample_rate / 2, BINS)
        place = np.interp(frequencies, band_centres(audio), np.arange(audio.n_mels))
        self._below = np.floor(place).astype(np.int64)
        self._above = np.minimum(self._below + 1, audio.n_mels - 1)
        self._share = place - self._below  # of the band above
        self._emphasis = (
            np.abs(1.0 - audio.pre_emphasis * np.exp(-2j * np.pi * frequencies / audio.sample_rate))
            ** 2
        )
        self.window = np.exp(
            -0.5 * (2.0 * np.pi * smoothing_hz / audio.sample_rate * np.arange(order + 1)) ** 2
        )
        self.window[0] *= 1.0 + NOISE
        native = native_module()
        self._native = (
            None if native is None else native.Predictor(isa=isa, bins=BINS, window=self.window)
        )

    def powers_of(self, log_mel: FloatArray) -> DoubleArray:
        """Power spectra of the pre-emphasised signal: float64 [F, BINS]."""
        wide = log_mel.astype(np.float64)
        log_magnitude = (
            wide[:, self._below] * (1.0 - self._share) + wide[:, self._above] * self._share
        )
        powers: DoubleArray = np.exp(2.0 * log_magnitude) * self._emphasis
        return np.ascontiguousarray(powers)

    def filters_of(self, log_mel: FloatArray) -> FloatArray:
        """As `linear_prediction`."""
        powers = self.powers_of(log_mel)
        if self._native is None:
            return plain_filters(powers, self.window)
        coefficients = np.empty((len(powers), len(self.window) - 1), np.float32)
        self._native.predict(powers, coefficients)
        return coefficients


def plain_filters(powers: DoubleArray, window: DoubleArray) -> FloatArray:
    """Power spectra float64 [F, BINS] to coefficients float32 [F, P], in numpy; window: float64 [P
    + 1], what each delay's correlation is multiplied by.
    """
    correlations = np.fft.irfft(powers, axis=1)[:, : len(window)] * window
    # frames side by side: each step of the recursion runs over all of them
    by_delay = np.ascontiguousarray(correlations.T)
    order = len(window) - 1
    coefficients = np.zeros((order, by_delay.shape[1]))
    error = by_delay[0].copy()
    for k in range(order):
        known = coefficients[:k]
        reflection = (by_delay[k + 1] - np.einsum("kf,kf->f", known, by_delay[k:0:-1])) / error
        coefficients[:k] = known - reflection * known[::-1]
        coefficients[k] = reflection
        error = error * (1.0 - reflection**2)
    return coefficients.T.astype(np.float32, order="C")


def band_centres(audio: AudioConfig) -> DoubleArray:
    """Centre frequencies of the mel bands in Hz, on Slaney's scale: linear to 1 kHz, logarithmic
    above (as `vocoder.audio.mel`).
    """
    step, corner, log_step = 200.0 / 3.0, 1000.0, np.log(6.4) / 27.0

    def to_mel(hz: float) -> float:
        return hz / step if hz < corner else corner / step + np.log(hz / corner) / log_step

    mels = np.linspace(to_mel(audio.f_min), to_mel(audio.f_max), audio.n_mels + 2)[1:-1]
    linear = mels < corner / step
    return np.where(linear, mels * step, corner * np.exp((mels - corner / step) * log_step))
