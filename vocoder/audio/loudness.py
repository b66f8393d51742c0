"""Loudness of a whole recording, and its highest peak, measured as the recording passes: EBU R 128,
ITU-R BS.1770-5.

    samples -> K-weighting (a shelf for the head, a high-pass) -> mean square of 400 ms, every 100
    ms
            -> without blocks below -70 LUFS, then without those more than 10 LU below the mean of
            the rest -> mean -> LUFS

Block powers are all that is kept: 80 bytes for each second of sound. The filters are those of the
recommendation at its 48 kHz, carried to other rates through their analogue prototypes (as
libebur128 does). The peak is of the sound at four times its rate, as a converter would play it
(BS.1770, annex 2).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import soxr
from scipy.signal import lfilter

from vocoder.audio.pcm import Int16Array, to_float32, to_int16

FloatArray = npt.NDArray[np.float64]

TARGETS = (-70.0, -5.0)  # LUFS that can be asked for
CEILING = -1.0  # dBTP: what R 128 lets the highest peak be
_OVERSAMPLING = 4
_BLOCK_SECONDS, _BLOCKS_OVERLAP = 0.4, 4
_ABSOLUTE_GATE, _RELATIVE_GATE = -70.0, -10.0  # LUFS; LU
_OFFSET = -0.691  # dB: a full-scale sine of 997 Hz in one channel has -3.01 LUFS


def _shelf(sample_rate: int) -> tuple[FloatArray, FloatArray]:
    """Numerator and denominator of the first filter: 4 dB more above about 1.7 kHz."""
    k = math.tan(math.pi * 1_681.974450955533 / sample_rate)
    q, high = 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    middle = high**0.4996667741545416
    a0 = 1 + k / q + k * k
    numerator = np.array(
        [high + middle * k / q + k * k, 2 * (k * k - high), high - middle * k / q + k * k]
    )
    return numerator / a0, np.array([a0, 2 * (k * k - 1), 1 - k / q + k * k]) / a0


def _high_pass(sample_rate: int) -> tuple[FloatArray, FloatArray]:
    """Of the second filter: nothing below about 38 Hz."""
    k = math.tan(math.pi * 38.13547087602444 / sample_rate)
    q = 0.5003270373238773
    a0 = 1 + k / q + k * k
    return np.array([1.0, -2.0, 1.0]), np.array(
        [1.0, 2 * (k * k - 1) / a0, (1 - k / q + k * k) / a0]
    )


class LoudnessMeter:
    """Measures a mono recording that passes in pieces of any size.

    Args:
        sample_rate: Hz, at least 8,000.
    """

    def __init__(self, sample_rate: int) -> None:
        self._filters = (_shelf(sample_rate), _high_pass(sample_rate))
        self._states: list[FloatArray] = [np.zeros(2), np.zeros(2)]
        self._step = round(_BLOCK_SECONDS * sample_rate) // _BLOCKS_OVERLAP
        self._waiting: FloatArray = np.zeros(0)  # squares of the step that is not full yet
        self._steps: list[float] = []  # sums of squares
        self._oversampler = soxr.ResampleStream(
            sample_rate, _OVERSAMPLING * sample_rate, 1, dtype="float32"
        )
        self._peak = 0.0

    def add(self, samples: Int16Array) -> None:
        """More of the recording: int16 [T]."""
        if len(samples) == 0:
            return
        sound = to_float32(samples)
        self._peak = max(
            self._peak,
            float(np.abs(sound).max()),
            _highest(self._oversampler.resample_chunk(sound)),
        )
        weighted: FloatArray = sound.astype(np.float64)
        for index, (numerator, denominator) in enumerate(self._filters):
            weighted, self._states[index] = lfilter(
                numerator, denominator, weighted, zi=self._states[index]
            )
        squares = np.concatenate([self._waiting, weighted * weighted])
        whole = len(squares) // self._step * self._step
        self._steps.extend(squares[:whole].reshape(-1, self._step).sum(axis=1).tolist())
        self._waiting = squares[whole:]

    def finish(self) -> None:
        """All of it has come; `add` may not be called any more."""
        self._peak = max(
            self._peak,
            _highest(self._oversampler.resample_chunk(np.zeros(0, np.float32), last=True)),
        )

    @property
    def loudness(self) -> float | None:
        """LUFS; None of silence. What is shorter than a block is one block, for which the
        recommendation has no rule.
        """
        steps = np.array(self._steps)
        if len(steps) < _BLOCKS_OVERLAP:
            count = len(steps) * self._step + len(self._waiting)
            powers = np.array([(steps.sum() + self._waiting.sum()) / max(count, 1)])
        else:
            powers = np.convolve(steps, np.ones(_BLOCKS_OVERLAP), "valid") / (
                _BLOCKS_OVERLAP * self._step
            )
        heard = powers[powers > _power(_ABSOLUTE_GATE)]
        if len(heard) == 0:
            return None
        heard = heard[heard > heard.mean() * 10 ** (_RELATIVE_GATE / 10)]
        return _OFFSET + 10 * math.log10(heard.mean())

    @property
    def peak(self) -> float:
        """At least 0, of full scale 1: the highest absolute value between samples or at one."""
        return self._peak

    def gain_to(self, target: float) -> float:
        """What to multiply the samples by.

        Args:
            target: LUFS.

        Returns:
            at least 0; less than it takes where the peak would go beyond `CEILING`, and 1 for
            silence.
        """
        if self.loudness is None:
            return 1.0
        wanted: float = 10 ** ((target - self.loudness) / 20)
        return min(wanted, 10 ** (CEILING / 20) / self.peak)


def amplify(samples: Int16Array, gain: float) -> Int16Array:
    """int16 [T], times `gain`, rounded to the nearest and clipped to 16 bits."""
    return to_int16(to_float32(samples) * np.float32(gain))


def _power(loudness: float) -> float:
    power: float = 10 ** ((loudness - _OFFSET) / 10)
    return power


def _highest(sound: npt.NDArray[np.float32]) -> float:
    return float(np.abs(sound).max()) if len(sound) else 0.0
