"""From a folder of recordings to a measured voice pack, in one go: `sonant-train all`.

What is wrong with the recordings and how long it will take are told first. Every stage goes on
where it was: what is prepared and aligned is kept as long as it is of the same recordings, training
resumes from its checkpoints, and the pack is written anew at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import soundfile

from training import stages
from training.alignment.align import align
from training.data.corpus import Recording, read_corpus
from training.data.corpus_check import Finding, check
from training.data.dataset import Header, PreparedSet
from training.data.prepare import prepare
from training.estimate import estimate
from training.evaluation import Judging, evaluate
from training.evaluation.sentences import MEASURED, UNSEEN
from training.export import export, write_figures
from training.recipe import Run, VocoderOptions, loop_for
from training.recipe_file import Recipe
from vocoder.config import AudioConfig
from vocoder.errors import InputError
from vocoder.text.features import category_sizes

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class PipelineOptions:
    """What whoever trains decides.

    Attributes:
        recipe: of all stages; None for what each was begun with, else the shipped one.
        acoustic_steps, adversarial_steps, vocoder_steps: where each learning rate reaches 0; None
            for the recipe's.
        leave_out: whether recordings that nothing can be trained on are left out; otherwise they
            are refused, by name.
        sentences: held-out sentences that the voice is measured on.
        unseen: sentences of no corpus beside them.
        whisper: folder of the weights of Whisper, which then writes down the words; None for
            pocketsphinx.
    """

    licence: str
    source: str
    release: str = "1"
    recipe: Recipe | None = None
    acoustic_steps: int | None = None
    adversarial_steps: int | None = None
    vocoder_steps: int | None = None
    device: str
    workers: int
    leave_out: bool = False
    sentences: int = MEASURED
    unseen: int = UNSEEN
    whisper: Path | None = None


def run_all(run: Run, corpus: str, output: Path, options: PipelineOptions, *, say: Say) -> Path:
    """All stages.

    Args:
        run: where everything lies.
        corpus: as `read_corpus`.
        output: folder of the voices.
        options: what is decided.
        say: told what goes on, a line each.

    Returns:
        the voice pack's folder, with its figures in the model card and `report.html` beside the
        run.

    Raises:
        InputError: the corpus is missing or damaged, or has recordings that nothing can be trained
            on.
    """
    recordings = read_corpus(corpus, speaker=run.name, missing_too=True)
    audio = AudioConfig()
    if not _is_prepared(run, recordings):
        recordings = _examined(recordings, audio, options, say)
    prepared, aligned = (
        _is_prepared(run, recordings),
        _is_prepared(run, recordings) and PreparedSet(run.data).aligned,
    )
    vocoder_options = VocoderOptions(device=options.device, recipe=options.recipe)
    recipes = {
        name: options.recipe or Recipe.of_stage(run.stage(name))
        for name in ("acoustic", stages.ADVERSARIAL, "vocoder")
    }
    acoustic = loop_for(
        recipes["acoustic"].acoustic_loop, options.device, steps=options.acoustic_steps
    )
    adversarial = loop_for(
        recipes[stages.ADVERSARIAL].adversarial_loop,
        options.device,
        steps=options.adversarial_steps,
    )
    vocoder = loop_for(recipes["vocoder"].vocoder_loop, options.device, steps=options.vocoder_steps)
    expected = estimate(
        recipes["vocoder"].wavenet_of(
            audio,
            num_speakers=len({recording.speaker for recording in recordings}),
            sizes=category_sizes(),
        ),
        vocoder,
        vocoder_options.segments_for(run.stage("vocoder")),
        minutes=0.0
        if aligned
        else sum(soundfile.info(str(recording.path)).duration for recording in recordings) / 60,
        acoustic_steps=max(acoustic.total_steps - stages.steps_done(run.stage("acoustic")), 0),
        adversarial_steps=max(
            adversarial.total_steps - stages.steps_done(run.stage(stages.ADVERSARIAL)), 0
        ),
        vocoder_steps=max(vocoder.total_steps - stages.steps_done(run.stage("vocoder")), 0),
        device=options.device,
    )
    say(f"still to come: {expected}")
    if not prepared:
        prepare(recordings, run.data, audio, workers=options.workers)
    if not aligned:
        align(run.data)
    stages.train_acoustic(
        run,
        seconds=None,
        device=options.device,
        recipe=options.recipe,
        steps=options.acoustic_steps,
    )
    stages.train_adversarial(
        run,
        seconds=None,
        device=options.device,
        recipe=options.recipe,
        steps=options.adversarial_steps,
    )
    stages.train_vocoder(run, vocoder_options, seconds=None, steps=options.vocoder_steps)
    pack = export(
        run,
        output / run.name,
        licence=options.licence,
        source=options.source,
        release=options.release,
    )
    judging = Judging(
        sentences=options.sentences, unseen=options.unseen, whisper=options.whisper, rows=run.judged
    )
    report = evaluate(run.dataset(), pack, judging, page=run.root / run.name / "report.html")
    write_figures(pack, report)
    say(report.to_markdown())
    return pack


def _is_prepared(run: Run, recordings: Sequence[Recording]) -> bool:
    """Whether the run's data is of these recordings, or of those of them that could be used."""
    if not (run.data / "dataset.json").is_file():
        return False
    known = {recording.id: recording.text for recording in recordings}
    return all(known.get(entry.id) == entry.text for entry in Header.read(run.data).entries)


def _examined(
    recordings: list[Recording], audio: AudioConfig, options: PipelineOptions, say: Say
) -> list[Recording]:
    findings = check(recordings, audio, workers=options.workers)
    for finding in findings:
        say(str(finding))
    hopeless = [finding for finding in findings if finding.fatal]
    if hopeless and not options.leave_out:
        raise InputError(_refusal(hopeless), field=str(hopeless[0].file))
    out = {finding.file for finding in hopeless}
    kept = [recording for recording in recordings if recording.path not in out]
    if not kept:
        raise InputError("no recording is left that anything could be trained on", field="corpus")
    return kept


def _refusal(hopeless: Sequence[Finding]) -> str:
    return (
        f"{len(hopeless)} recording(s) cannot be trained on, the first is {hopeless[0]}; mend "
        f"or remove them, or leave them out with --leave-out"
    )
