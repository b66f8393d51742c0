"""How good a voice pack is, on sentences that it never saw.

Copy synthesis speaks held-out recordings again from what `Voice.analyse` finds in them (mel, F0, voicing; no text), and is compared with the recording
sample by sample: bits per sample, PESQ-WB (ITU-T P.862.2), STOI (Taal et al. 2011), F0 and voicing. Speech from text is given to an offline recogniser
(pocketsphinx with its own US English model), and so are the natural recordings of the same sentences.
"""

from __future__ import annotations

import dataclasses
import datetime
import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
import numpy.typing as npt
from pesq import pesq
from pocketsphinx import Decoder
from pystoi import stoi
from rich.console import Console
from rich.progress import track

from training.dataset import Entry, PreparedSet
from training.stages import Run
from vocoder.audio.pitch import pitch
from vocoder.errors import InputError
from vocoder.text import analyse
from vocoder.voice import Voice, load_voice

Int16Array = npt.NDArray[np.int16]
RATE = 16_000  # Hz: what PESQ-WB and the recogniser take
SEED = 0
CENTS_PER_NAT = 1200 / np.log(2)


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A mean and how far it may be off: 1.96 standard errors."""

    mean: float
    margin: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Interval:
        """Over sentences."""
        spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
        return cls(mean=float(np.mean(values)), margin=1.96 * spread / len(values) ** 0.5)

    def __str__(self) -> str:
        return f"{self.mean:.3f} ± {self.margin:.3f}"


@dataclass(frozen=True, kw_only=True)
class Report:
    """Figures of one voice."""

    voice: str
    release: str
    engine: str
    machine: str
    date: str
    sentences: int
    temperature: float
    bits_per_sample: Interval
    pesq_wb: Interval
    stoi: Interval
    f0_error_cents: Interval  # median absolute error per sentence, where both are voiced
    voicing_error: Interval  # share of frames
    word_error_rate: float  # of speech from text
    natural_word_error_rate: float  # of the recordings of the same sentences

    def to_json(self) -> str:
        """For programs."""
        return json.dumps(dataclasses.asdict(self), indent=1)

    def to_markdown(self) -> str:
        """For people."""
        return "\n".join(
            [
                f"Measured on {self.sentences} held-out sentences by `sonant-train evaluate`, {self.date}, {self.machine}, engine {self.engine},",
                f"temperature {self.temperature:g}, seed {SEED}; ± is 1.96 standard errors over sentences.",
                "",
                "| copy synthesis (from mel, F0 and voicing of the recording) | |",
                "| --- | --- |",
                f"| bits per sample | {self.bits_per_sample} |",
                f"| PESQ-WB | {self.pesq_wb} |",
                f"| STOI | {self.stoi} |",
                f"| F0 error, median, cents | {self.f0_error_cents} |",
                f"| voicing error, share of frames | {self.voicing_error} |",
                "",
                "| speech from text | |",
                "| --- | --- |",
                f"| word error rate by pocketsphinx | {self.word_error_rate:.1%} |",
                f"| the same, natural recordings of the same sentences | {self.natural_word_error_rate:.1%} |",
            ]
        )


def evaluate(run: Run, pack: Path, *, sentences: int) -> Report:
    """Measures a voice pack on the held-out sentences of the data set it was trained on.

    Args:
        run: whose prepared data set holds the recordings.
        pack: the voice's folder.
        sentences: how many; spread evenly over the held-out ones, one take of a prompt first.

    Raises:
        InputError: the data set has another sample rate than the measures take.
    """
    data = PreparedSet(run.data)
    if data.audio.sample_rate != RATE:
        raise InputError(f"PESQ-WB and the recogniser take {RATE} Hz, and the data set has {data.audio.sample_rate}", field=str(run.data))
    voice = load_voice(pack)
    chosen = choose(data.entries(validation=True), sentences)
    console = Console(stderr=True)
    copies = [_copy(voice, data, entry) for entry in track(chosen, "copy synthesis", console=console)]
    recogniser = Decoder(samprate=RATE)
    references, spoken, natural = [], [], []
    for entry in track(chosen, "speech from text", console=console):
        references.append(" ".join(word for sentence in analyse(entry.text).sentences for word in sentence.words).lower())
        spoken.append(recognise(recogniser, voice.synthesize(entry.text, seed=SEED)))
        natural.append(recognise(recogniser, to_int16(data.wave(entry))))
    columns = [Interval.of(column) for column in zip(*copies, strict=True)]
    return Report(
        voice=voice.manifest.name,
        release=voice.manifest.release,
        engine=f"{voice.engine.name} {voice.engine.precision} {voice.engine.isa}",
        machine=platform.processor() or platform.machine(),
        date=datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
        sentences=len(chosen),
        temperature=voice.manifest.temperature,
        bits_per_sample=columns[0],
        pesq_wb=columns[1],
        stoi=columns[2],
        f0_error_cents=columns[3],
        voicing_error=columns[4],
        word_error_rate=float(jiwer.wer(references, spoken)),
        natural_word_error_rate=float(jiwer.wer(references, natural)),
    )


def choose(entries: Sequence[Entry], count: int) -> list[Entry]:
    """Held-out utterances: one of each text before a second of any, evenly spread, always the same."""
    first = list({entry.text: entry for entry in entries}.values())
    rest = [entry for entry in entries if entry not in first]
    if count <= len(first):
        return [first[index * len(first) // count] for index in range(count)]
    return [*first, *rest][:count]


def _copy(voice: Voice, data: PreparedSet, entry: Entry) -> tuple[float, float, float, float, float]:
    recording = data.wave(entry)
    conditions = voice.analyse(recording)
    spoken = voice.vocode(conditions, seed=SEED).astype(np.float32) / 32768.0
    bits = voice.score(recording).bits_per_sample
    log_f0, voicing = pitch(spoken, data.audio)
    both = (voicing > 0) & (conditions.voicing > 0)
    cents = float(np.median(np.abs(log_f0[both] - conditions.log_f0[both]))) * CENTS_PER_NAT if both.any() else float("nan")
    wrong = float(np.mean((voicing > 0) != (conditions.voicing > 0)))
    return bits, float(pesq(RATE, recording, spoken, "wb")), float(stoi(recording, spoken, RATE)), cents, wrong


def recognise(recogniser: Decoder, samples: Int16Array) -> str:
    """What the recogniser hears, in lower case; "" for nothing."""
    # A little silence around the words: the recogniser's noise estimate needs it.
    padded = np.pad(samples, RATE // 4)
    recogniser.start_utt()
    recogniser.process_raw(padded.tobytes(), full_utt=True)
    recogniser.end_utt()
    hypothesis = recogniser.hyp()
    return "" if hypothesis is None else str(hypothesis.hypstr).lower()


def to_int16(samples: npt.NDArray[np.float32]) -> Int16Array:
    """float32 -1..1 to int16."""
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int16)
