"""What is done with each sentence that a voice is measured on."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from training.bootstrap import BootstrapEstimate
from training.data.dataset import PreparedSet
from training.evaluation import measures
from training.evaluation.baselines import griffin_lim, world
from training.evaluation.figures import differences, figures, variance_ratios
from training.evaluation.judge import Judge, Row
from training.evaluation.ladder import COPY, RECORDINGS, SEED, TEXT, Ladder
from training.evaluation.listeners import make_listener
from training.evaluation.page import Heard, write_page
from training.evaluation.report import CopyFigures, DeliveryFigures, Report
from training.evaluation.sentences import JudgedSentence, measured, unseen
from vocoder.audio.file_writing import encode_audio
from vocoder.audio.pcm import to_int16
from vocoder.config import AudioConfig
from vocoder.machine import processor_name
from vocoder.synthesis.voice import load_voice

FloatArray = npt.NDArray[np.float32]
T = TypeVar("T")
ON_PAGE = 8  # sentences that can be listened to
MISHEARD = 20  # sentences that the report names


@dataclass(frozen=True, kw_only=True)
class Judging:
    """How much is judged, and by whom.

    Attributes:
        sentences: how many held-out ones; spread evenly, one take of a prompt first.
        unseen: how many of the sentences of no corpus.
        whisper: folder of Whisper's weights (CTranslate2); None for pocketsphinx.
        rows: JSON lines of all that was judged, to go on from; None: nothing is kept.
        clips: folder that all sounds are written into, as WAV; None for none.
    """

    sentences: int
    unseen: int
    whisper: Path | None = None
    rows: Path | None = None
    clips: Path | None = None


def evaluate(
    data: PreparedSet, pack: Path, judging: Judging, *, page: Path | None = None
) -> Report:
    """Measures a voice pack on the held-out sentences of the data set it was trained on, and on
    sentences of no corpus.

    Args:
        data: holds the recordings, aligned.
        pack: the voice's folder.
        judging: how much, and by whom.
        page: where an HTML page with sounds and pictures is written; None for none.

    Raises:
        AudioError: the data set has another sample rate than the measures take.
        InputError: no held-out utterance is aligned; or there are no weights where they should be.
    """
    measures.check_rate(data.audio)
    judge = Judge(make_listener(judging.whisper), data.audio, judging.rows)
    voice = load_voice(pack)
    ladder = Ladder(voice, data)
    entries = measured(data, judging.sentences)
    said = unseen(judging.unseen)
    sentences = [JudgedSentence(id=entry.id, readings=(entry.text,)) for entry in entries]
    sounds = {
        system: [make(entry) for entry in _shown(entries, system)]
        for system, make in ladder.systems.items()
    }
    new = [ladder.say(sentence.text) for sentence in _shown(said, "sentences of no corpus")]
    if judging.clips is not None:
        write_clips(judging.clips, sentences, sounds, data.audio)
        write_clips(judging.clips / "unseen", said, {TEXT: new}, data.audio)
    rows = {
        system: judged(judge, label(pack, system), sentences, made)
        for system, made in sounds.items()
    }
    new_rows = judged(judge, label(pack, TEXT), said, new) if said else []
    recordings, spoken = sounds[RECORDINGS], sounds[TEXT]
    copies = {
        "voice": sounds[COPY],
        "Griffin-Lim": [
            griffin_lim(recording, data.audio) for recording in _shown(recordings, "Griffin-Lim")
        ],
        "WORLD": [world(recording, data.audio) for recording in _shown(recordings, "WORLD")],
    }
    steps = list(rows)
    report = Report(
        voice=voice.manifest.name,
        release=voice.manifest.release,
        engine=f"{voice.engine.name} {voice.engine.precision} {voice.engine.isa}",
        machine=processor_name(),
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        sentences=len(entries),
        temperature=voice.manifest.temperature,
        seed=SEED,
        listener=judge.listener.name,
        ladder={system: figures(rows[system], rows[RECORDINGS]) for system in steps},
        to_recordings={system: differences(rows[system], rows[RECORDINGS]) for system in steps[1:]},
        to_step_above={
            below: differences(rows[below], rows[above], rows[RECORDINGS])
            for above, below in itertools.pairwise(steps)
        },
        variance_ratios={
            system: variance_ratios(rows[system], rows[RECORDINGS]) for system in steps[1:]
        },
        unseen=figures(new_rows) if new_rows else {},
        unseen_sentences=len(new_rows),
        misheard=misheard([*rows[TEXT], *new_rows]),
        bits_per_sample=BootstrapEstimate.of_mean(
            [
                voice.score(recording).bits_per_sample
                for recording in _shown(recordings, "likelihood")
            ]
        ),
        copies={
            name: _copy_figures(recordings, made, data.audio, name) for name, made in copies.items()
        },
        spoken=_delivery(spoken, data.audio),
        natural=_delivery(recordings, data.audio),
        warped_mel=BootstrapEstimate.of_mean(
            [
                measures.warped_mel_distance(truth, made, data.audio)
                for truth, made in zip(recordings, spoken, strict=True)
            ]
        ),
    )
    if page is not None:
        all_sounds = sounds | {
            f"copy by {name}": made for name, made in copies.items() if name != "voice"
        }
        heard = [
            Heard(
                text=entries[index].text,
                sounds={name: made[index] for name, made in all_sounds.items()},
            )
            for index in range(min(ON_PAGE, len(entries)))
        ]
        write_page(page, report, heard, data.audio)
    return report


def label(pack: Path, system: str) -> str:
    """What a system of a voice pack is called among rows; recordings belong to no pack."""
    return system if system == RECORDINGS else f"{pack}: {system}"


def judged(
    judge: Judge, system: str, sentences: Sequence[JudgedSentence], sounds: Sequence[FloatArray]
) -> list[Row]:
    """A row for each sentence, in their order."""
    pairs = list(zip(sentences, sounds, strict=True))
    return [
        judge.judge(system, sentence, samples)
        for sentence, samples in _shown(pairs, f"{system}, judged")
    ]


def misheard(rows: Sequence[Row]) -> list[tuple[int, int, str, str]]:
    """Sentences with word errors, the worst first: errors, words, text, what was heard."""
    wrong = sorted((row for row in rows if row.errors), key=lambda row: (-row.errors, row.words))
    return [(row.errors, row.words, row.text, row.heard) for row in wrong[:MISHEARD]]


def write_clips(
    folder: Path,
    sentences: Sequence[JudgedSentence],
    sounds: Mapping[str, Sequence[FloatArray]],
    audio: AudioConfig,
) -> None:
    """Writes FOLDER/metadata.csv (id|text|other readings) and FOLDER/SYSTEM/ID.wav, as they were
    made.
    """
    for system, made in sounds.items():
        place = folder / re.sub(r"[^a-z0-9]+", "_", system.lower())
        place.mkdir(parents=True, exist_ok=True)
        for sentence, samples in zip(sentences, made, strict=True):
            (place / f"{sentence.id}.wav").write_bytes(
                encode_audio(to_int16(samples), audio.sample_rate, "wav")
            )
    (folder / "metadata.csv").write_text(
        "".join("|".join((sentence.id, *sentence.readings)) + "\n" for sentence in sentences),
        "utf-8",
    )


def _shown(items: Sequence[T], title: str) -> Iterable[T]:
    return track(items, title, console=Console(stderr=True))


def _copy_figures(
    truths: Sequence[FloatArray], copies: Sequence[FloatArray], audio: AudioConfig, title: str
) -> CopyFigures:
    rows = [
        (
            measures.quality(truth, made),
            measures.intelligibility(truth, made),
            measures.cepstral_distortion(truth, made, audio),
            *measures.pitch_errors(truth, made, audio),
            measures.click_level(truth, made, audio),
        )
        for truth, made in _shown(list(zip(truths, copies, strict=True)), f"{title}, measured")
    ]
    quality, intelligibility, distortion, cents, voicing, clicks = (
        BootstrapEstimate.of_mean(column) for column in zip(*rows, strict=True)
    )
    return CopyFigures(
        pesq_wb=quality,
        stoi=intelligibility,
        mcd_db=distortion,
        f0_error_cents=cents,
        voicing_error=voicing,
        click_level_db=clicks,
    )


def _delivery(sounds: Sequence[FloatArray], audio: AudioConfig) -> DeliveryFigures:
    cents = np.concatenate([measures.pitch_statistics(samples, audio) for samples in sounds])
    return DeliveryFigures(
        seconds=BootstrapEstimate.of_mean([len(samples) / audio.sample_rate for samples in sounds]),
        f0_mean_cents=float(cents.mean()) if len(cents) else float("nan"),
        f0_spread_cents=float(cents.std()) if len(cents) else float("nan"),
        quiet_level_db=BootstrapEstimate.of_mean(
            [measures.quiet_level(samples, audio) for samples in sounds]
        ),
    )
