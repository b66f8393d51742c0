"""Filters in C++ and in numpy are the same, and a frame knows nothing of its company. What they are
good for: tests/wavenet/test_prediction.py.
"""

from __future__ import annotations

import numpy as np
import pytest

from vocoder.audio.linear_prediction import BINS, _Predictor, linear_prediction, plain_filters
from vocoder.compiled import available_isas
from vocoder.config import AudioConfig
from vocoder.errors import ConfigError

AUDIO = AudioConfig()
ORDERS = [(0, 10.0), (1, 40.0), (16, 40.0), (128, 10.0), (2 * BINS - 3, 100.0)]


def spectra(frames: int) -> np.ndarray:
    return (
        np.random.default_rng(frames).uniform(-11.5, 2.0, (frames, AUDIO.n_mels)).astype(np.float32)
    )


@pytest.mark.parametrize("isa", available_isas())
@pytest.mark.parametrize(("order", "smoothing_hz"), ORDERS)
@pytest.mark.parametrize("frames", [0, 1, 9, 40])
def test_both_find_the_same_filters(isa: str, order: int, smoothing_hz: float, frames: int) -> None:
    predictor = _Predictor(AUDIO, order, smoothing_hz, isa)
    made = predictor.filters_of(spectra(frames))
    assert made.shape == (frames, order)
    assert made.dtype == np.float32
    np.testing.assert_allclose(
        made,
        plain_filters(predictor.powers_of(spectra(frames)), predictor.window),
        rtol=0,
        atol=1e-6,
    )


@pytest.mark.parametrize(("order", "smoothing_hz"), ORDERS)
def test_every_instruction_set_has_the_same_bits_and_so_has_a_frame_alone(
    order: int, smoothing_hz: float
) -> None:
    made = [
        _Predictor(AUDIO, order, smoothing_hz, isa).filters_of(spectra(40))
        for isa in available_isas()
    ]
    for other in made[1:]:
        np.testing.assert_array_equal(other, made[0])
    for frame in range(0, 40, 7):
        np.testing.assert_array_equal(
            linear_prediction(spectra(40)[frame : frame + 1], AUDIO, order, smoothing_hz)[0],
            linear_prediction(spectra(40), AUDIO, order, smoothing_hz)[frame],
        )


def test_an_order_that_the_bins_do_not_give_is_refused() -> None:
    with pytest.raises(ConfigError, match="fewer than 512 coefficients, not 512"):
        linear_prediction(spectra(1), AUDIO, 2 * (BINS - 1), 10.0)
