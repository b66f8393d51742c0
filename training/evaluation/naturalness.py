"""How natural a sound is, as two networks say that were trained on people's opinions. Neither needs
the recording.

Distill-MOS   Stahl and Gamper 2025, by distillmos: overall quality, 1 to 5; distilled from a model
on XLS-R DNSMOS P.808  Reddy et al. 2021, by speechmos: overall quality as ITU-T P.808 asks for it,
1 to 5

Both take float32 [T] at 16 kHz, levelled (`training.evaluation.level`). DNSMOS P.835 "overall" is
left out: it gives speech from smooth spectra and copies of recordings the same opinion.
"""

from __future__ import annotations

import contextlib
import sys
import warnings
from functools import cache
from typing import Any

import torch

from training.evaluation.level import RATE, FloatArray
from vocoder.audio.torchaudio_import import import_torchaudio
from vocoder.errors import InputError


def distill_mos(samples: FloatArray) -> float:
    """Distill-MOS.

    Raises:
        InputError: distillmos is not installed; no extra can bring it, because its requirements are
            not wanted (`make setup`).
    """
    with torch.inference_mode():
        return float(_distill_mos()(torch.from_numpy(samples)[None]))


def p808(samples: FloatArray) -> float:
    """DNSMOS P.808."""
    return float(_dnsmos().run(samples, sr=RATE)["p808_mos"])


@cache
def _distill_mos() -> Any:
    # distillmos imports it for its command line, and beside a CPU build of torch that fails
    import_torchaudio()
    try:
        from distillmos import ConvTransformerSQAModel
    except ModuleNotFoundError as error:
        raise InputError(
            (
                "Distill-MOS is not installed: `make setup`, or `pip install --no-deps "
                "distillmos==0.9.1 xls-r-sqa==0.1.0`"
            ),
            field="measure",
        ) from error
    with contextlib.redirect_stdout(sys.stderr):  # it prints where its weights are
        return ConvTransformerSQAModel().eval()


@cache
def _dnsmos() -> Any:
    # Imported at its first use: it loads its networks.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from speechmos import dnsmos
    return dnsmos
