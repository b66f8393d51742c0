"""One pass of the spectral correction over the windows of a stream: each is analysed as its
condition was, and every band is multiplied by what it lacks.

`NativeWindows` is C++ (`vocoder/native/frames/correction.h`), sixteen frames side by side on
AVX-512, with the same bits whatever the instruction set. `PlainWindows` says the same in numpy, and
stands in for it where nothing was compiled, or where the transform's length is no power of two. The
two agree to float32's rounding. In either, a frame's samples do not depend on which others are
computed beside it.

F frames, M mels, T samples.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from vocoder.audio.mel import FLOOR, mel_filters
from vocoder.compiled import native_module
from vocoder.config import AudioConfig

FloatArray = npt.NDArray[np.float32]
LARGEST_GAIN = 3.0  # nats, 26 dB: where next to nothing was drawn there is only noise to be lifted


class Windows(Protocol):
    """Corrects windows; owns no state."""

    def add_corrected(self, samples: FloatArray, targets: FloatArray, added: FloatArray) -> None:
        """Adds the windows of F frames, corrected and windowed again, to what is there.

        Args:
            samples: float32 [T], T at least (F - 1) * hop_length + win_length; the window of frame
                f begins at f * hop_length.
            targets: float32 [F, M], the log-mel spectra that they should have, as
                `vocoder.audio.mel.log_mel` gives them; not a number: as it is.
            added: float32 [T], changed in place, a frame after the other.
        """


def make_windows(audio: AudioConfig) -> Windows:
    """The faster of the two that can be had."""
    is_power_of_two = audio.n_fft & (audio.n_fft - 1) == 0
    return (
        NativeWindows(audio)
        if native_module() is not None and is_power_of_two
        else PlainWindows(audio)
    )


class NativeWindows:
    """In C++. `isa`: the instruction set, "auto" or one of `vocoder.compiled.available_isas()`."""

    def __init__(self, audio: AudioConfig, isa: str = "auto") -> None:
        native = native_module()
        assert native is not None
        bank = mel_filters(audio)
        to_mels, to_bins = _rows_of(bank.T), _rows_of(_shares(bank))
        self._native = native.Windows(
            isa=isa,
            hop_length=audio.hop_length,
            points=audio.n_fft,
            window=window_of(audio),
            mel_begins=to_mels.begins,
            mel_columns=to_mels.columns,
            mel_weights=to_mels.weights,
            bin_begins=to_bins.begins,
            bin_columns=to_bins.columns,
            bin_weights=to_bins.weights,
            floor=FLOOR,
            largest_gain=LARGEST_GAIN,
        )

    def add_corrected(self, samples: FloatArray, targets: FloatArray, added: FloatArray) -> None:
        """As `Windows`."""
        self._native.add_corrected(samples, targets, added)


class PlainWindows:
    """In numpy."""

    def __init__(self, audio: AudioConfig) -> None:
        self._hop, self._points = audio.hop_length, audio.n_fft
        self._window = window_of(audio)
        from scipy.sparse import csr_array  # late: what is compiled does without

        bank = mel_filters(audio)  # [bins, M]
        self._to_mels, self._to_bins = csr_array(bank.T), csr_array(_shares(bank))

    def add_corrected(self, samples: FloatArray, targets: FloatArray, added: FloatArray) -> None:
        """As `Windows`."""
        if len(targets) == 0:
            return
        windows = (
            sliding_window_view(samples, len(self._window))[:: self._hop][: len(targets)]
            * self._window
        )
        spectra = np.fft.rfft(windows, self._points)
        # Not np.abs: square roots are rounded the same way wherever they stand in a vector.
        magnitudes = np.sqrt(spectra.real**2 + spectra.imag**2)
        levels = np.log(np.maximum(self._to_mels @ magnitudes.T, np.float32(FLOOR)))
        lacking = np.nan_to_num(targets.T - levels, nan=0.0)
        gains = np.exp(self._to_bins @ np.clip(lacking, -LARGEST_GAIN, LARGEST_GAIN))
        corrected = np.fft.irfft(spectra * gains.T, self._points)[:, : len(self._window)].astype(
            np.float32
        )
        for frame, window in enumerate(corrected * self._window):
            added[frame * self._hop :][: len(window)] += window


def window_of(audio: AudioConfig) -> FloatArray:
    """Hann's, float32 [win_length]: periodic, as torch.hann_window, which the targets were computed
    with.
    """
    window: FloatArray = (
        0.5 - 0.5 * np.cos(2 * np.pi * np.arange(audio.win_length) / audio.win_length)
    ).astype(np.float32)
    return window


@dataclass(frozen=True)
class _Rows:
    """A sparse matrix: row i has the entries begins[i]..begins[i + 1] - 1."""

    begins: npt.NDArray[np.int32]
    columns: npt.NDArray[np.int32]
    weights: FloatArray


def _rows_of(matrix: FloatArray) -> _Rows:
    rows, columns = np.nonzero(matrix)
    begins = np.searchsorted(rows, np.arange(len(matrix) + 1))
    return _Rows(
        begins.astype(np.int32), columns.astype(np.int32), matrix[rows, columns].astype(np.float32)
    )


def _shares(bank: FloatArray) -> FloatArray:
    """How much of each band's gain a bin takes: float32 [bins, M] of mel weights to [bins, M], rows
    adding up to 1.

    Bins that no band covers (below the lowest, above the highest, between narrow ones) take that of
    the band whose peak is nearest.
    """
    sums = bank.sum(axis=1)
    shares = np.divide(
        bank, sums[:, np.newaxis], out=np.zeros_like(bank), where=sums[:, np.newaxis] > 0
    )
    peaks = bank.argmax(axis=0)
    for bin_index in np.flatnonzero(sums == 0):
        shares[bin_index, np.abs(peaks - bin_index).argmin()] = 1.0
    rounded: FloatArray = shares.astype(np.float32)
    return rounded
