"""How probable recordings are under a voice's vocoder, given their true conditions: through the
engine that speaks, teacher-forced.

A recording that the voice finds improbable is noisy, clipped, spoken otherwise than the rest, or
has another text than was said. A whole corpus takes as
long as speaking it would, so what was found is kept beside the data, with fingerprints of what it
was found with:

    likelihood.json     {"key": {vocoder, precision, alignment}, "bits_per_sample": {id: bits}}

T samples.
"""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.progress import track

from training.data.dataset import DatasetEntry, PreparedSet
from vocoder.audio.emphasis import pre_emphasise
from vocoder.audio.whole_file import whole_file
from vocoder.engine import Engine, Job
from vocoder.errors import InputError
from vocoder.synthesis.voice import load_voice
from vocoder.voices.pack import VOCODER_WEIGHTS
from vocoder.wavenet.distributions import log_prob
from vocoder.wavenet.network import WaveNet
from vocoder.wavenet.torch_conditioner import condition

FILE = "likelihood.json"
_SAVE_EVERY = 25  # utterances


def utterance_bits(
    engine: Engine, network: WaveNet, data: PreparedSet, entry: DatasetEntry
) -> float:
    """What an engine pays for one utterance: minus the base-2 logarithm of the probability of its
    codes.

    Args:
        engine: runs `network`, in any precision.
        network: brings the conditioning and the meaning of the outputs.
        data: holds the utterance; linguistic features are given where it is aligned.
        entry: the utterance, of T = num_frames * hop_length samples.
    """
    codes = network.quantiser.encode(pre_emphasise(data.wave(entry), data.audio.pre_emphasis))
    conditioning, predictors = condition(network, data.audio, data.conditions(entry))
    job = Job(
        state=engine.start(0),
        conditioning=conditioning[0].numpy(),
        predictors=predictors,
        first_frame=0,
        temperatures=np.ones(entry.num_frames, np.float32),
        num_samples=len(codes),
    )
    outputs = torch.from_numpy(engine.logits(job, codes))
    return -float(
        log_prob(network.config, outputs, torch.from_numpy(codes)).double().sum()
    ) / math.log(2)


def corpus_bits(data: PreparedSet, pack: Path) -> dict[str, float]:
    """Bits per sample of every utterance of a data set, set aside or not, in its order; stopped at
    any moment, the next call goes on.

    Args:
        data: aligned.
        pack: the voice pack's folder, of a voice trained with these audio settings.

    Raises:
        InputError: the pack is for other sound; `field` is "pack".
        VoiceError: the pack is missing or damaged.
    """
    voice = load_voice(pack)
    if voice.manifest.audio != data.audio:
        raise InputError(
            (
                f"{pack}: its audio settings are {voice.manifest.audio}, those of {data.folder} "
                f"are {data.audio}"
            ),
            field="pack",
        )
    key = {
        "vocoder": _fingerprint(pack / VOCODER_WEIGHTS),
        "precision": voice.engine.precision,
        "alignment": data.alignment_fingerprint(),
    }
    found = _read(data.folder / FILE, key)
    missing = [entry for entry in data.header.entries if entry.id not in found]
    try:
        for count, entry in enumerate(
            track(missing, "likelihood", console=Console(stderr=True)), start=1
        ):
            found[entry.id] = utterance_bits(voice.engine, voice.pack.network, data, entry) / (
                entry.num_frames * data.audio.hop_length
            )
            if count % _SAVE_EVERY == 0:
                _write(data.folder / FILE, key, found)
    finally:
        _write(data.folder / FILE, key, found)
    return {entry.id: found[entry.id] for entry in data.header.entries}


def _fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read(path: Path, key: dict[str, str]) -> dict[str, float]:
    """What was found with the same voice, precision and alignment; nothing where it was found with
    others.
    """
    if not path.is_file():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    found: dict[str, float] = kept["bits_per_sample"] if kept["key"] == key else {}
    return found


def _write(path: Path, key: dict[str, str], found: dict[str, float]) -> None:
    with whole_file(path) as file:
        file.write(json.dumps({"key": key, "bits_per_sample": found}).encode())
