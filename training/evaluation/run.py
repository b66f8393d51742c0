"""Which sentences are measured, and what is done with each of them."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from training.acoustic_task import AcousticTask
from training.bootstrap import rate_margin
from training.data.dataset import Entry, PreparedSet
from training.evaluation import measures
from training.evaluation.baselines import griffin_lim, world
from training.evaluation.page import Heard, write_page
from training.evaluation.recogniser import Recogniser, spoken_words, word_error_rate, word_errors
from training.evaluation.report import CopyFigures, Interval, Report, SpeechFigures
from vocoder.acoustic.model import AcousticModel
from vocoder.audio.pcm import to_float32, to_int16
from vocoder.config import AudioConfig
from vocoder.machine import processor_name
from vocoder.synthesis.voice import Voice, load_voice

FloatArray = npt.NDArray[np.float32]
SEED = 0
MEASURED = 20  # sentences, unless asked otherwise
ON_PAGE = 8  # sentences that can be listened to


def choose(entries: Sequence[Entry], count: int) -> list[Entry]:
    """Held-out utterances: one of each text before a second of any, evenly spread, always the same."""
    first = list({entry.text: entry for entry in entries}.values())
    rest = [entry for entry in entries if entry not in first]
    if count <= len(first):
        return [first[index * len(first) // count] for index in range(count)]
    return [*first, *rest][:count]


def unmeasured(data: PreparedSet, measured: int = MEASURED) -> list[Entry]:
    """Held-out utterances of sentences that `evaluate` does not measure when it measures so many: what a voice's defaults may be chosen on."""
    held_out = data.entries(validation=True)
    texts = {entry.text for entry in choose(held_out, measured)}
    return [entry for entry in held_out if entry.text not in texts]


def evaluate(data: PreparedSet, pack: Path, *, sentences: int, page: Path | None = None) -> Report:
    """Measures a voice pack on the held-out sentences of the data set it was trained on.

    Args:
        data: holds the recordings.
        pack: the voice's folder.
        sentences: how many; spread evenly over the held-out ones, one take of a prompt first.
        page: where an HTML page with sounds and pictures is written; None for none.

    Raises:
        AudioError: the data set has another sample rate than the measures take.
    """
    measures.check_rate(data.audio)
    voice = load_voice(pack)
    chosen = choose(data.entries(validation=True), sentences)
    recordings = [np.asarray(data.wave(entry)) for entry in chosen]
    console = Console(stderr=True)

    def each(what: Callable[[int], FloatArray], title: str) -> list[FloatArray]:
        return [what(index) for index in track(range(len(chosen)), title, console=console)]

    copies = {
        "voice": each(lambda index: to_float32(voice.vocode(voice.analyse(recordings[index]), seed=SEED)), "copy synthesis"),
        "voice, predicted spectrum": each(lambda index: _joined(voice, data, chosen[index]), "copy synthesis of predicted spectra"),
        "Griffin-Lim": each(lambda index: griffin_lim(recordings[index], data.audio), "Griffin-Lim"),
        "WORLD": each(lambda index: world(recordings[index], data.audio), "WORLD"),
    }
    spoken = each(lambda index: to_float32(voice.synthesize(chosen[index].text, seed=SEED)), "speech from text")
    bits = [voice.score(recording).bits_per_sample for recording in track(recordings, "likelihood", console=console)]
    texts = [spoken_words(entry.text) for entry in chosen]
    report = Report(
        voice=voice.manifest.name,
        release=voice.manifest.release,
        engine=f"{voice.engine.name} {voice.engine.precision} {voice.engine.isa}",
        machine=processor_name(),
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        sentences=len(chosen),
        temperature=voice.manifest.temperature,
        seed=SEED,
        bits_per_sample=Interval.of(bits),
        copies={name: _copy_figures(recordings, made, data.audio, name, console) for name, made in copies.items()},
        speech=_speech_figures(texts, spoken, data.audio, "speech from text, measured", console),
        natural=_speech_figures(texts, recordings, data.audio, "recordings, measured", console),
        warped_mel=Interval.of([measures.warped_mel_distance(truth, made, data.audio) for truth, made in zip(recordings, spoken, strict=True)]),
    )
    if page is not None:
        heard = [
            Heard(
                text=chosen[index].text,
                sounds={"recording": recordings[index]} | {f"copy: {name}": made[index] for name, made in copies.items()} | {"from text": spoken[index]},
            )
            for index in range(min(ON_PAGE, len(chosen)))
        ]
        write_page(page, report, heard, data.audio)
    return report


def _joined(voice: Voice, data: PreparedSet, entry: Entry) -> FloatArray:
    """A recording again from what the voice's acoustic model makes of its durations and pitch: how much is lost between the two networks."""
    task = AcousticTask(data, voice.manifest.acoustic)
    acoustic = voice.pack.acoustic
    assert isinstance(acoustic, AcousticModel), "the voice speaks elsewhere"
    conditions = dataclasses.replace(data.conditions(entry), log_mel=task.predict(acoustic, entry).log_mel)
    return to_float32(voice.vocode(conditions, seed=SEED))


def _copy_figures(truths: Sequence[FloatArray], copies: Sequence[FloatArray], audio: AudioConfig, title: str, console: Console) -> CopyFigures:
    rows = [
        (
            measures.quality(truth, made),
            measures.intelligibility(truth, made),
            measures.cepstral_distortion(truth, made, audio),
            *measures.pitch_errors(truth, made, audio),
            measures.click_level(truth, made, audio),
            measures.opinion(made),
        )
        for truth, made in track(list(zip(truths, copies, strict=True)), f"{title}, measured", console=console)
    ]
    quality, intelligibility, distortion, cents, voicing, clicks, opinion = (Interval.of(column) for column in zip(*rows, strict=True))
    return CopyFigures(
        pesq_wb=quality, stoi=intelligibility, mcd_db=distortion, f0_error_cents=cents, voicing_error=voicing, click_level_db=clicks, dnsmos=opinion
    )


def _speech_figures(texts: Sequence[str], sounds: Sequence[FloatArray], audio: AudioConfig, title: str, console: Console) -> SpeechFigures:
    recogniser = Recogniser()
    errors = [word_errors(text, recogniser.hear(to_int16(samples))) for text, samples in track(list(zip(texts, sounds, strict=True)), title, console=console)]
    cents = np.concatenate([measures.pitch_statistics(samples, audio) for samples in sounds])
    return SpeechFigures(
        word_error_rate=Interval(mean=word_error_rate(errors), margin=rate_margin(errors)),
        dnsmos=Interval.of([measures.opinion(samples) for samples in sounds]),
        seconds=Interval.of([len(samples) / audio.sample_rate for samples in sounds]),
        f0_mean_cents=float(cents.mean()) if len(cents) else float("nan"),
        f0_spread_cents=float(cents.std()) if len(cents) else float("nan"),
        quiet_level_db=Interval.of([measures.quiet_level(samples, audio) for samples in sounds]),
    )
