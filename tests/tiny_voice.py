"""A complete voice pack that fits in a second: random weights, two speakers, 8 kHz. It speaks
noise, deterministically.
"""

from __future__ import annotations

import math
from pathlib import Path

import torch

from vocoder.acoustic.model import AcousticModel
from vocoder.config import AcousticConfig, AudioConfig, LinguisticConfig, OutputKind, WaveNetConfig
from vocoder.text.features import category_sizes
from vocoder.voices.pack import PackManifest, save_pack
from vocoder.wavenet.network import WaveNet

AUDIO = AudioConfig(
    sample_rate=8_000, hop_length=80, win_length=160, n_fft=256, n_mels=20, f_max=4_000.0
)
SPEAKERS = ("anna", "otto")
FRAMES_PER_PHONEME = 4.0  # roughly: 40 ms


def make_tiny_voice(
    path: Path | str,
    *,
    output: OutputKind = "softmax",
    temperature: float = 0.9,
    passes: int = 1,
    audio: AudioConfig = AUDIO,
    speakers: tuple[str, ...] = SPEAKERS,
) -> Path:
    """Writes the pack into the folder `path`, whose name becomes the voice's, and returns it. Same
    arguments, same pack.
    """
    path = Path(path)
    linguistic = LinguisticConfig(category_sizes=category_sizes())
    acoustic_config = AcousticConfig(
        channels=16,
        encoder_layers=1,
        decoder_channels=24,
        decoder_layers=1,
        harmonic_steps=8,
        kernel_size=3,
        predictor_channels=8,
        num_speakers=len(speakers),
        n_mels=audio.n_mels,
        linguistic=linguistic,
    )
    wavenet_config = WaveNetConfig(
        num_layers=4,
        num_cycles=2,
        residual_channels=8,
        gate_channels=16,
        skip_channels=16,
        head_channels=16,
        cond_channels=8,
        speaker_channels=4,
        num_speakers=len(speakers),
        output=output,
        num_mixtures=2,
        n_mels=audio.n_mels,
        hop_length=audio.hop_length,
        linguistic=linguistic,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(5)
        acoustic, network = AcousticModel(acoustic_config), WaveNet(wavenet_config)
        assert acoustic.harmonic_table is not None
        acoustic.harmonic_table.normal_()
    with torch.no_grad():
        acoustic.duration.leave.weight.mul_(0.2)
        acoustic.duration.leave.bias.fill_(math.log1p(FRAMES_PER_PHONEME))
    manifest = PackManifest(
        name=path.name,
        release="0.0.1",
        language="en-us",
        licence="CC0-1.0",
        speakers=speakers,
        temperature=temperature,
        voiced_temperature_ratio=0.8,
        correction_passes=passes,
        copy_correction_passes=passes,
        audio=audio,
        acoustic=acoustic_config,
        wavenet=wavenet_config,
    )
    save_pack(
        path, manifest, acoustic, network, card=f"# {path.name}\n\nRandom weights, for tests.\n"
    )
    return path
