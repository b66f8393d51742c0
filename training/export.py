"""A run's averaged weights as a voice pack, with its model card."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.acoustic.intonation import intonation
from training.evaluation import Report
from training.evaluation.sentences import unmeasured
from training.precision_prices import centre_logits, precision_prices
from training.recipe import Run
from training.stages import (
    ADVERSARIAL,
    read_average,
    read_model_config,
    steps_done,
    trained_acoustic,
)
from vocoder.audio.whole_file import whole_file
from vocoder.cli.voices import price_text
from vocoder.config import WaveNetConfig
from vocoder.voices.pack import MODEL_CARD, PackManifest, save_pack
from vocoder.wavenet.network import WaveNet

_FIGURES = "## Measured"


def export(
    run: Run,
    folder: Path,
    *,
    licence: str,
    source: str,
    release: str,
    temperature: float = 0.7,
    voiced_temperature_ratio: float = 1.0,
    correction_passes: int = 0,
    copy_correction_passes: int = 3,
    notes: Sequence[str] = (),
) -> Path:
    """Writes the voice pack of a run.

    Args:
        run: with a trained acoustic model and vocoder.
        folder: of the pack; its name is the voice's.
        licence: SPDX identifier of the voice's licence.
        source: where the recordings are from, for the model card.
        release: of the voice; another one whenever its weights differ.
        temperature: the voice's default, 0..2.
        voiced_temperature_ratio: times which voiced frames are sampled, 0..1.
        correction_passes: 0..4, of `vocoder.audio.correction` in speech from text.
        copy_correction_passes: 0..4, where the spectrum is a recording's own.
        notes: what else the model card should say, a line each.

    Returns:
        the folder.

    Raises:
        InputError: a stage has not run; `field` is the missing file.
    """
    data = run.dataset()
    wavenet_config = WaveNetConfig.from_dict(read_model_config(run.stage("vocoder")))
    acoustic, network = trained_acoustic(run), WaveNet(wavenet_config)
    _, acoustic_steps, acoustic_seconds = read_average(run.stage("acoustic"))
    trained = f"{acoustic_steps:,} steps, {acoustic_seconds / 3600:.2f} hours"
    if steps_done(run.stage(ADVERSARIAL)) > 0:
        _, steps, seconds = read_average(run.stage(ADVERSARIAL))
        trained += (
            f"; its decoder {steps:,} steps, {seconds / 3600:.2f} hours against discriminators"
        )
    weights, vocoder_steps, vocoder_seconds = read_average(run.stage("vocoder"))
    network.load_state_dict(weights)
    network.eval().requires_grad_(False)
    centre_logits(network)
    prices = precision_prices(network, data)
    melody = intonation(acoustic, data, unmeasured(data))
    manifest = PackManifest(
        name=folder.name,
        release=release,
        language="en-us",
        licence=licence,
        speakers=data.header.speakers,
        temperature=temperature,
        voiced_temperature_ratio=voiced_temperature_ratio,
        intonation=melody,
        correction_passes=correction_passes,
        copy_correction_passes=copy_correction_passes,
        precision_prices=prices,
        audio=data.audio,
        acoustic=acoustic.config,
        wavenet=wavenet_config,
    )
    minutes = (
        sum(entry.num_frames for entry in data.entries(validation=False))
        * data.audio.hop_length
        / data.audio.sample_rate
        / 60
    )
    sizes = [
        sum(parameter.numel() for parameter in model.parameters()) for model in (acoustic, network)
    ]
    card = "\n".join(
        [
            f"# Voice {folder.name}, release {release}",
            "",
            (
                f"- Data: {source}; {minutes:.1f} minutes trained on, "
                f"{len(data.entries(validation=True))} utterances held out by prompt."
            ),
            f"- Licence: {licence}.",
            f"- Acoustic model: {sizes[0]:,} weights, {trained}.",
            (
                f"- Vocoder: WaveNet of {wavenet_config.num_layers} blocks, {sizes[1]:,} weights, "
                f"{vocoder_steps:,} steps, {vocoder_seconds / 3600:.2f} hours."
            ),
            (
                f"- Sound: {data.audio.sample_rate} Hz, pre-emphasis {data.audio.pre_emphasis}, "
                f"{wavenet_config.quantisation_levels} levels."
            ),
            (
                f"- Price per sample, held-out speech, through the engine: bf16 "
                f"{price_text(prices.bf16)}, int8 {price_text(prices.int8)}."
            ),
            (
                f"- Defaults: temperature {temperature:g}, times {voiced_temperature_ratio:g} in "
                f"voiced frames."
            ),
            (
                f"- Passes of the spectral correction: {correction_passes} from text, "
                f"{copy_correction_passes} in copies of recordings."
            ),
            (
                f"- Intonation times {melody:g}: what brings its spread to the recordings' on "
                f"held-out sentences that are not among those measured below."
            ),
            *(f"- {note}" for note in notes),
            "",
        ]
    )
    save_pack(folder, manifest, acoustic, network, card=card)
    return folder


def write_figures(folder: Path, report: Report) -> None:
    """Puts a report at the end of a pack's model card, in place of the last one."""
    path = folder / MODEL_CARD
    card = path.read_text(encoding="utf-8").split(_FIGURES)[0].rstrip()
    with whole_file(path) as file:
        file.write(f"{card}\n\n{_FIGURES}\n\n{report.to_markdown()}\n".encode())
