"""`sonant-train`: from recordings to a voice."""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import torch
import typer

from training import export as exporting
from training import stages
from training.alignment.align import align as align_dataset
from training.alignment.boundaries import Beginnings
from training.data.corpus import read_corpus
from training.data.corpus_check import check as check_corpus
from training.data.dataset import PreparedSet
from training.data.likelihood import corpus_bits
from training.data.outliers import rate_utterances, set_aside
from training.data.predict import predict as predict_spectra
from training.data.prepare import prepare as prepare_dataset
from training.density.command import density
from training.evaluation import Judging
from training.evaluation import compare as compare_voices
from training.evaluation import evaluate as evaluate_voice
from training.evaluation.samples import write_samples
from training.evaluation.sentences import MEASURED, UNSEEN
from training.evaluation.temperatures import try_temperatures
from training.pipeline import PipelineOptions, run_all
from training.recipe import Run, VocoderOptions
from training.recipe_file import Recipe
from training.recogniser.alignment import align_by_recogniser
from training.stopping import stop_on_signals
from vocoder.config import AudioConfig
from vocoder.errors import InputError, SonantError
from vocoder.voices.pack import MOST_PASSES

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help=(
        "From recordings to a voice: all, or check, prepare, align, alignment, recogniser, "
        "acoustic, vocoder, export, evaluate, compare; or density."
    ),
)

Name = Annotated[
    str, typer.Option("--voice", help="Name of the voice; its files lie in RUNS/NAME.")
]
Runs = Annotated[Path, typer.Option("--runs", help="Folder of all runs.")]
Steps = Annotated[int, typer.Option(min=1, help="Where the learning rate reaches 0.")]
RecipeSteps = Annotated[
    int | None,
    typer.Option(min=1, help="Where the learning rate reaches 0; the recipe's when not given."),
]
RecipeFile = Annotated[
    Path | None,
    typer.Option(
        "--recipe",
        help=(
            "TOML file of all hyperparameters; when not given the one that the run was begun "
            "with, else training/recipes/kathleen.toml."
        ),
    ),
]
Seconds = Annotated[
    float | None, typer.Option(help="Stop after so many seconds; the same command goes on.")
]
Device = Annotated[str, typer.Option(help="cpu, cuda, cuda:1 ...")]
LearningRate = Annotated[
    float | None, typer.Option(min=1e-6, max=0.1, help="Its highest; the recipe's when not given.")
]
BeginWith = Annotated[
    Path | None, typer.Option(help="A voice pack whose weights a new run begins with.")
]
Threads = Annotated[int, typer.Option(min=1, help="CPU threads.")]
_CORES = os.cpu_count() or 1
Corpus = Annotated[
    str,
    typer.Option(
        help=(
            "A folder in LJSpeech's layout, or NAME:FOLDER for a torchaudio data set (LJSPEECH, "
            "VCTK_092, LIBRITTS, CMUARCTIC)."
        )
    ),
]
Licence = Annotated[str, typer.Option(help="Licence of the recordings.")]
Source = Annotated[str, typer.Option(help="Where the recordings are from.")]
Release = Annotated[str, typer.Option(help="Release of the voice.")]
Voices = Annotated[Path, typer.Option("-o", help="Folder of the voices.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes.")]
Sentences = Annotated[int, typer.Option(min=1, help="How many held-out sentences.")]
Unseen = Annotated[
    int, typer.Option(min=0, max=UNSEEN, help="How many sentences of no corpus, spoken from text.")
]
Whisper = Annotated[
    Path | None,
    typer.Option(
        help=(
            "Folder of Whisper's weights (CTranslate2): it counts word errors; else "
            "pocketsphinx does."
        )
    ),
]
Rows = Annotated[
    Path | None,
    typer.Option(
        help=(
            "JSON lines of all that was judged, to go on from; RUNS/NAME/evaluation.jsonl when "
            "not given."
        )
    ),
]
Clips = Annotated[
    Path | None, typer.Option(help="Write all that is judged into this folder, as WAV.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Figures as JSON on standard output.")]


def _recipe(path: Path | None) -> Recipe | None:
    return None if path is None else Recipe.read(path)


class Aligner(StrEnum):
    """What finds the phonemes."""

    MIXTURES = "mixtures"
    RECOGNISER = "recogniser"


@app.command()
def prepare(
    corpus: Corpus,
    voice: Name,
    runs: Runs = Path("runs"),
    workers: Workers = _CORES,
) -> None:
    """Filter, level and analyse recordings."""
    run = Run(name=voice, root=runs)
    header = prepare_dataset(
        read_corpus(corpus, speaker=voice), run.data, AudioConfig(), workers=workers
    )
    minutes = (
        sum(entry.num_frames for entry in header.entries)
        * header.audio.hop_length
        / header.audio.sample_rate
        / 60
    )
    typer.echo(
        f"{len(header.entries)} recordings, {minutes:.1f} minutes, {len(header.speakers)} "
        f"speaker(s) in {run.data}"
    )


@app.command()
def align(
    voice: Name,
    runs: Runs = Path("runs"),
    by: Annotated[
        Aligner, typer.Option(help="Mixtures trained on the spot, or the trained recogniser.")
    ] = Aligner.MIXTURES,
) -> None:
    """Find which frames belong to which phoneme."""
    torch.set_num_threads(1)
    run = Run(name=voice, root=runs)
    data = PreparedSet(run.data)
    before = Beginnings.of(data) if data.aligned else None
    if by is Aligner.MIXTURES:
        align_dataset(run.data)
    else:
        align_by_recogniser(run.dataset(), stages.read_recogniser(run))
    if before is not None:
        typer.echo(Beginnings.of(run.dataset()).moved_since(before))


@app.command()
def alignment(
    voice: Name,
    runs: Runs = Path("runs"),
    pack: Annotated[
        Path | None,
        typer.Option(help="The voice pack whose vocoder judges; voices/NAME when not given."),
    ] = None,
    score_only: Annotated[
        bool,
        typer.Option(
            "--score-only", help="Judge by the alignment's score alone; no voice is needed."
        ),
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option(
            help="Write all utterances, the worst first, with pictures, as one HTML page."
        ),
    ] = None,
    worst: Annotated[
        int, typer.Option(min=0, help="How many of the worst are told, and shown on the page.")
    ] = 12,
    aside_bits: Annotated[
        float | None,
        typer.Option(
            "--set-aside",
            min=0.0,
            help="Set aside what costs so many bits per sample above the median.",
        ),
    ] = None,
    aside_score: Annotated[
        float | None,
        typer.Option(
            "--set-aside-score",
            min=0.0,
            help="Set aside what scores so many nats below the median.",
        ),
    ] = None,
    put_back: Annotated[
        bool, typer.Option("--put-back", help="Train on everything again, and do nothing else.")
    ] = False,
) -> None:
    """Judge every utterance, the worst first; set those aside that nothing should be trained on."""
    torch.set_num_threads(1)
    if score_only and aside_bits is not None:
        raise InputError(
            "--set-aside needs the vocoder's likelihood, which --score-only leaves out",
            field="set_aside",
        )
    run = Run(name=voice, root=runs)
    data = run.dataset()
    if put_back:
        if aside_bits is not None or aside_score is not None or page is not None:
            raise InputError(
                "--put-back puts everything back and does nothing else", field="put_back"
            )
        count = sum(bool(entry.set_aside) for entry in data.header.entries)
        set_aside(data, rate_utterances(data.header.entries, None), bits=None, score=None)
        typer.echo(f"{count} utterances put back")
        return
    bits = None if score_only else corpus_bits(data, pack or Path("voices") / voice)
    rated = rate_utterances(data.header.entries, bits)
    if aside_bits is not None or aside_score is not None:
        aside = set_aside(data, rated, bits=aside_bits, score=aside_score)
        typer.echo(
            "\n".join(
                [
                    f"{len(aside)} of {len(rated)} utterances set aside",
                    *(f"{entry.id}: {entry.set_aside}" for entry in aside),
                ]
            )
        )
        data = run.dataset()
        rated = rate_utterances(data.header.entries, bits)
    for one in rated[:worst]:
        typer.echo(str(one))
    if page is not None:
        # late: it draws, which only the extra `measure` can
        from training.alignment.alignment_page import (
            write_alignment_page,
        )

        write_alignment_page(page, data, rated, worst=worst)


@app.command()
def recogniser(
    voice: Name,
    runs: Runs = Path("runs"),
    steps: Steps = 3000,
    seconds: Seconds = None,
    device: Device = "cpu",
    threads: Threads = _CORES,
) -> None:
    """Train a WaveNet that recognises phonemes, and measure it; run again to go on."""
    torch.set_num_threads(threads)
    run = Run(name=voice, root=runs)
    trainer = stages.train_recogniser(run, steps=steps, seconds=seconds, device=device)
    typer.echo(f"step {trainer.step} of {steps}, {trainer.seconds / 3600:.2f} hours")
    typer.echo(stages.measure_recogniser(run))


@app.command()
def acoustic(
    voice: Name,
    runs: Runs = Path("runs"),
    recipe: RecipeFile = None,
    steps: RecipeSteps = None,
    seconds: Seconds = None,
    device: Device = "cpu",
    threads: Threads = _CORES,
    learning_rate: LearningRate = None,
    begin_with: BeginWith = None,
) -> None:
    """Train the acoustic model; run again to go on."""
    torch.set_num_threads(threads)
    run = Run(name=voice, root=runs)
    trainer = stages.train_acoustic(
        run,
        seconds=seconds,
        device=device,
        recipe=_recipe(recipe),
        steps=steps,
        learning_rate=learning_rate,
        begin_with=begin_with,
    )
    typer.echo(
        f"step {trainer.step} of {trainer.config.total_steps}, {trainer.seconds / 3600:.2f} hours"
    )


@app.command()
def adversarial(
    voice: Name,
    runs: Runs = Path("runs"),
    recipe: RecipeFile = None,
    steps: RecipeSteps = None,
    seconds: Seconds = None,
    device: Device = "cpu",
    threads: Threads = _CORES,
    learning_rate: LearningRate = None,
) -> None:
    """Train the acoustic model's decoder further, against discriminators; run again to go on."""
    torch.set_num_threads(threads)
    run = Run(name=voice, root=runs)
    trainer = stages.train_adversarial(
        run,
        seconds=seconds,
        device=device,
        recipe=_recipe(recipe),
        steps=steps,
        learning_rate=learning_rate,
    )
    typer.echo(
        f"step {trainer.step} of {trainer.config.total_steps}, {trainer.seconds / 3600:.2f} hours"
    )


@app.command()
def predict(voice: Name, runs: Runs = Path("runs")) -> None:
    """Write what the acoustic model makes of every recording's durations and pitch, for the vocoder
    to be trained on.
    """
    run = Run(name=voice, root=runs)
    difference = predict_spectra(run.dataset(), stages.trained_acoustic(run))
    typer.echo(f"predicted spectra differ from held-out ones by {difference:.3f} nats on average")


@app.command()
def vocoder(
    voice: Name,
    runs: Runs = Path("runs"),
    recipe: RecipeFile = None,
    steps: RecipeSteps = None,
    seconds: Seconds = None,
    device: Device = "cpu",
    threads: Threads = _CORES,
    learning_rate: LearningRate = None,
    begin_with: BeginWith = None,
    predicted_share: Annotated[
        float | None,
        typer.Option(
            min=0.0,
            max=1.0,
            help=(
                "Of segments given the acoustic model's spectrum (`predict`); else what the run "
                "had, or the recipe's."
            ),
        ),
    ] = None,
    segments: Annotated[
        int | None, typer.Option(min=1, help="Per batch; else what the run had, or the recipe's.")
    ] = None,
    segment_frames: Annotated[
        int | None,
        typer.Option(
            min=1, help="That count in a segment; else what the run had, or the recipe's."
        ),
    ] = None,
    compile_network: Annotated[
        bool | None,
        typer.Option(
            "--compile/--no-compile",
            help="torch.compile, a minute of waiting; else on a card only.",
        ),
    ] = None,
    resident: Annotated[
        bool | None,
        typer.Option(
            "--resident/--no-resident",
            help="Whether the data set lies on the device; else on a card only.",
        ),
    ] = None,
) -> None:
    """Train the vocoder; run again to go on."""
    torch.set_num_threads(threads)
    run = Run(name=voice, root=runs)
    options = VocoderOptions(
        device=device,
        recipe=_recipe(recipe),
        segments=segments,
        frames=segment_frames,
        predicted_share=predicted_share,
        compile_network=compile_network,
        resident=resident,
    )
    trainer = stages.train_vocoder(
        run,
        options,
        seconds=seconds,
        steps=steps,
        learning_rate=learning_rate,
        begin_with=begin_with,
    )
    typer.echo(
        f"step {trainer.step} of {trainer.config.total_steps}, {trainer.seconds / 3600:.2f} hours"
    )


@app.command()
def check(corpus: Corpus, workers: Workers = _CORES) -> None:
    """Tell what is wrong with a corpus, file by file. Exit code 1 where something cannot be trained
    on.
    """
    findings = check_corpus(
        read_corpus(corpus, speaker="anyone", missing_too=True), AudioConfig(), workers=workers
    )
    for finding in findings:
        typer.echo(str(finding))
    fatal = sum(finding.fatal for finding in findings)
    typer.echo(
        f"{len(findings)} finding(s), {fatal} recording(s) that cannot be trained on", err=True
    )
    if fatal:
        raise typer.Exit(1)


@app.command(name="all")
def everything(
    corpus: Corpus,
    voice: Name,
    licence: Licence,
    source: Source,
    runs: Runs = Path("runs"),
    output: Voices = Path("voices"),
    release: Release = "1",
    recipe: RecipeFile = None,
    acoustic_steps: RecipeSteps = None,
    adversarial_steps: RecipeSteps = None,
    vocoder_steps: RecipeSteps = None,
    leave_out: Annotated[
        bool,
        typer.Option(
            "--leave-out",
            help="Leave out recordings that cannot be trained on, instead of refusing.",
        ),
    ] = False,
    sentences: Annotated[
        int, typer.Option(min=1, help="Held-out sentences that the voice is measured on.")
    ] = MEASURED,
    unseen: Unseen = UNSEEN,
    whisper: Whisper = None,
    device: Device = "cpu",
    threads: Threads = _CORES,
    workers: Workers = _CORES,
) -> None:
    """Go from recordings to a measured voice; stop at any moment, run again to go on."""
    torch.set_num_threads(threads)
    options = PipelineOptions(
        licence=licence, source=source, release=release, recipe=_recipe(recipe),
        acoustic_steps=acoustic_steps, adversarial_steps=adversarial_steps,
        vocoder_steps=vocoder_steps, device=device, workers=workers, leave_out=leave_out,
        sentences=sentences, unseen=unseen, whisper=whisper,
    )  # fmt: skip
    pack = run_all(Run(name=voice, root=runs), corpus, output, options, say=typer.echo)
    typer.echo(f"{pack}: {sum(path.stat().st_size for path in pack.iterdir()) / 1e6:.1f} MB")


@app.command()
def export(
    voice: Name,
    licence: Licence,
    source: Source,
    runs: Runs = Path("runs"),
    output: Voices = Path("voices"),
    release: Release = "1",
    temperature: Annotated[
        float,
        typer.Option(
            min=0.0,
            max=2.0,
            help="The voice's default; `sonant-train temperatures` finds the best.",
        ),
    ] = 0.7,
    voiced_ratio: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Times which voiced frames are sampled.")
    ] = 1.0,
    correction_passes: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST_PASSES,
            help="Passes of the spectral correction from text; each delays the sound.",
        ),
    ] = 0,
    copy_correction_passes: Annotated[
        int, typer.Option(min=0, max=MOST_PASSES, help="The same in copies of recordings.")
    ] = 3,
    note: Annotated[
        list[str] | None,
        typer.Option(help="A further line of the model card; may be given several times."),
    ] = None,
) -> None:
    """Write the voice pack."""
    folder = exporting.export(
        Run(name=voice, root=runs),
        output / voice,
        licence=licence,
        source=source,
        release=release,
        temperature=temperature,
        voiced_temperature_ratio=voiced_ratio,
        correction_passes=correction_passes,
        copy_correction_passes=copy_correction_passes,
        notes=note or (),
    )
    typer.echo(f"{folder}: {sum(path.stat().st_size for path in folder.iterdir()) / 1e6:.1f} MB")


@app.command()
def temperatures(
    voice: Name,
    runs: Runs = Path("runs"),
    pack: Annotated[
        Path | None, typer.Option(help="The voice pack; voices/NAME when not given.")
    ] = None,
    sentences: Annotated[int, typer.Option(min=1, help="How many held-out sentences.")] = 8,
    passes: Annotated[
        list[int] | None,
        typer.Option(
            min=0,
            max=MOST_PASSES,
            help="Correction passes to try; may be repeated; else the voice's own.",
        ),
    ] = None,
    measured: Annotated[
        int, typer.Option(min=0, help="How many sentences `evaluate` measures: they are left out.")
    ] = MEASURED,
) -> None:
    """Measure copy synthesis at several temperatures, the best first, on held-out sentences that
    `evaluate` does not measure.
    """
    torch.set_num_threads(1)
    data = PreparedSet(Run(name=voice, root=runs).data)
    for trial in try_temperatures(
        data, pack or Path("voices") / voice, sentences=sentences, passes=passes, measured=measured
    ):
        typer.echo(str(trial))


@app.command()
def evaluate(
    voice: Name,
    runs: Runs = Path("runs"),
    pack: Annotated[
        Path | None, typer.Option(help="The voice pack; voices/NAME when not given.")
    ] = None,
    sentences: Sentences = MEASURED,
    unseen: Unseen = UNSEEN,
    whisper: Whisper = None,
    rows: Rows = None,
    clips: Clips = None,
    json: AsJson = False,
    page: Annotated[
        Path | None,
        typer.Option(help="Write the figures, with sounds and spectrograms, as one HTML page."),
    ] = None,
    card: Annotated[
        bool, typer.Option("--card", help="Write the figures into the pack's model card.")
    ] = False,
) -> None:
    """Measure a voice pack: recordings, copies and speech from text, step by step; stopped, the
    same command goes on.
    """
    torch.set_num_threads(1)
    run = Run(name=voice, root=runs)
    judging = Judging(
        sentences=sentences, unseen=unseen, whisper=whisper, rows=rows or run.judged, clips=clips
    )
    report = evaluate_voice(run.dataset(), pack or Path("voices") / voice, judging, page=page)
    typer.echo(report.to_json() if json else report.to_markdown())
    if card:
        exporting.write_figures(pack or Path("voices") / voice, report)


@app.command()
def compare(
    pack_a: Annotated[Path, typer.Argument(help="A voice pack.")],
    pack_b: Annotated[Path, typer.Argument(help="Another one of the same recordings.")],
    voice: Name,
    runs: Runs = Path("runs"),
    sentences: Sentences = MEASURED,
    unseen: Unseen = UNSEEN,
    whisper: Whisper = None,
    rows: Rows = None,
    clips: Clips = None,
    json: AsJson = False,
) -> None:
    """Measure two voice packs on the same sentences, copies and speech from text, and tell the
    difference A - B.
    """
    torch.set_num_threads(1)
    run = Run(name=voice, root=runs)
    judging = Judging(
        sentences=sentences, unseen=unseen, whisper=whisper, rows=rows or run.judged, clips=clips
    )
    comparison = compare_voices(run.dataset(), (pack_a, pack_b), judging)
    typer.echo(comparison.to_json() if json else comparison.to_markdown())


@app.command()
def samples(
    voice: Name,
    pack: Annotated[
        Path | None, typer.Option(help="The voice pack; voices/NAME when not given.")
    ] = None,
    output: Annotated[Path, typer.Option("-o", help="Folder of the samples.")] = Path(
        "docs/samples"
    ),
) -> None:
    """Speak ten sentences with a voice pack, for people to listen to."""
    torch.set_num_threads(1)
    written = write_samples(pack or Path("voices") / voice, output)
    typer.echo(
        f"{output}: {len(written)} sentences, "
        f"{sum(path.stat().st_size for path in written) / 1e3:.0f} kB"
    )


app.command()(density)


def main() -> None:
    """The command. Exit codes: 0 done, 1 failed, 2 bad input, 130 stopped."""
    stop_on_signals()
    try:
        app(standalone_mode=False)
    except typer.Exit as exit_:
        sys.exit(exit_.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        sys.stderr.write("stopped; the same command goes on from here\n")
        sys.exit(130)
    except InputError as error:
        sys.stderr.write(f"sonant-train: {error}\n")
        sys.exit(2)
    except SonantError as error:
        sys.stderr.write(f"sonant-train: {error}\n")
        sys.exit(1)
