"""Which temperature a voice sounds best at: copy synthesis of held-out sentences at each of
several, measured.

Voiced frames may be sampled cooler than the others (`PackManifest.voiced_temperature_ratio`), as
noise between harmonics is heard before noise in a hiss; so both are varied, and where asked for the
passes of the spectral correction too. What is chosen here is chosen on other held-out sentences
than those that `evaluate` measures.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from training.bootstrap import BootstrapEstimate
from training.data.dataset import PreparedSet
from training.evaluation import measures
from training.evaluation.ladder import SEED
from training.evaluation.level import levelled
from training.evaluation.naturalness import distill_mos, p808
from training.evaluation.sentences import MEASURED, choose, unmeasured
from vocoder.audio.mel import log_mel
from vocoder.audio.pcm import to_float32
from vocoder.errors import InputError
from vocoder.synthesis.voice import Voice, load_voice

TEMPERATURES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
VOICED_RATIOS = (1.0, 0.8)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One choice of settings and how it did."""

    temperature: float
    voiced_ratio: float
    passes: int
    distillmos: BootstrapEstimate
    pesq_wb: BootstrapEstimate
    stoi: BootstrapEstimate
    p808: BootstrapEstimate
    # mean of log-mel above the recording's: a cool voice is too quiet, a hot one too loud
    level_nats: float

    def __str__(self) -> str:
        return (
            f"temperature {self.temperature:.2f}, voiced times {self.voiced_ratio:.2f}, "
            f"{self.passes} passes: Distill-MOS {self.distillmos.shown(2)}, "
            f"DNSMOS P.808 {self.p808.shown(2)}, PESQ-WB {self.pesq_wb.shown(2)}, STOI "
            f"{self.stoi.shown(3)}, level {self.level_nats:+.3f}"
        )


def try_temperatures(
    data: PreparedSet,
    pack: Path,
    *,
    sentences: int,
    temperatures: Sequence[float] = TEMPERATURES,
    voiced_ratios: Sequence[float] = VOICED_RATIOS,
    passes: Sequence[int] | None = None,
    measured: int = MEASURED,
) -> list[Trial]:
    """Every choice of settings on the same sentences, the best PESQ-WB first; `passes` are the
    voice's own when None. Sentences that `evaluate` measures when it measures `measured` are left
    out. The rest as `evaluate`.

    Raises:
        InputError: no sentence is held out beside those that `evaluate` measures.
    """
    measures.check_rate(data.audio)
    voice = load_voice(pack)
    others = unmeasured(data, measured)
    if not others:
        raise InputError(
            "every held-out sentence is among those that `evaluate` measures: hold out more",
            field="sentences",
        )
    recordings = [np.asarray(data.wave(entry)) for entry in choose(others, sentences)]
    choices = list(
        itertools.product(
            temperatures, voiced_ratios, passes or [voice.manifest.copy_correction_passes]
        )
    )
    trials = [
        _trial(voice, recordings, *choice)
        for choice in track(choices, "temperatures", console=Console(stderr=True))
    ]
    return sorted(trials, key=lambda trial: -trial.pesq_wb.value)


def _trial(
    voice: Voice,
    recordings: Sequence[measures.FloatArray],
    temperature: float,
    ratio: float,
    passes: int,
) -> Trial:
    manifest = dataclasses.replace(
        voice.manifest, voiced_temperature_ratio=ratio, copy_correction_passes=passes
    )
    trying = Voice(pack=dataclasses.replace(voice.pack, manifest=manifest), engine=voice.engine)
    audio = manifest.audio
    rows = []
    for recording in recordings:
        made = to_float32(
            trying.vocode(trying.analyse(recording), temperature=temperature, seed=SEED)
        )
        level = float((log_mel(made, audio) - log_mel(recording, audio)).mean())
        judged = levelled(made)
        rows.append(
            (
                distill_mos(judged),
                p808(judged),
                measures.quality(recording, made),
                measures.intelligibility(recording, made),
                level,
            )
        )
    natural, opinion, quality, intelligibility, levels = zip(*rows, strict=True)
    return Trial(
        temperature=temperature,
        voiced_ratio=ratio,
        passes=passes,
        distillmos=BootstrapEstimate.of_mean(natural),
        p808=BootstrapEstimate.of_mean(opinion),
        pesq_wb=BootstrapEstimate.of_mean(quality),
        stoi=BootstrapEstimate.of_mean(intelligibility),
        level_nats=float(np.mean(levels)),
    )
