"""Whether a text that was not said is found: held-out utterances get the text of the one nearest in
length, and the data set is aligned with them.

Works on a copy. Needs a prepared and aligned run, for `--by recogniser` a trained recogniser, and
the voice's pack.

python benchmarks/models/wrong_texts.py --voice kathleen --by mixtures
python benchmarks/models/wrong_texts.py --voice kathleen --by recogniser
"""

from __future__ import annotations

import argparse
import dataclasses
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch

from training import stages
from training.alignment.align import align
from training.data.dataset import PreparedSet
from training.data.likelihood import utterance_bits
from training.data.outliers import rate_utterances
from training.recogniser.alignment import align_by_recogniser
from vocoder.machine import processor_name
from vocoder.synthesis.voice import load_voice


def swapped_texts(data: PreparedSet, count: int) -> dict[str, str]:
    """Of the first `count` different held-out texts, by the utterance's id: the text of another of
    them, the nearest in length.
    """
    chosen = list({entry.text: entry for entry in data.entries(validation=True)}.values())[:count]
    return {
        entry.id: min(
            (other for other in chosen if other is not entry),
            key=lambda other: abs(other.num_frames - entry.num_frames),
        ).text
        for entry in chosen
    }


def align_copy(run: stages.Run, folder: Path, texts: dict[str, str], by: str) -> PreparedSet:
    """A copy of the run's data with some texts replaced, aligned anew."""
    shutil.copytree(run.data, folder)
    header = PreparedSet(folder).header
    dataclasses.replace(
        header,
        entries=tuple(
            dataclasses.replace(entry, text=texts.get(entry.id, entry.text))
            for entry in header.entries
        ),
    ).write(folder)
    if by == "mixtures":
        align(folder)
    else:
        align_by_recogniser(PreparedSet(folder), stages.read_recogniser(run))
    return PreparedSet(folder)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voice", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--by", choices=("mixtures", "recogniser"), required=True)
    parser.add_argument("--sentences", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    run = stages.Run(name=options.voice, root=options.runs)
    texts = swapped_texts(run.dataset(), options.sentences)
    voice = load_voice(options.voice)

    def bits(data: PreparedSet) -> np.ndarray:
        entries = [entry for entry in data.header.entries if entry.id in texts]
        return np.array(
            [
                utterance_bits(voice.engine, voice.pack.network, data, entry)
                / (entry.num_frames * data.audio.hop_length)
                for entry in entries
            ]
        )

    with tempfile.TemporaryDirectory() as scratch:
        wrong = align_copy(run, Path(scratch) / "data", texts, options.by)
        rated = rate_utterances(wrong.header.entries, None)
        more = bits(wrong) - bits(run.dataset())
    deviations = {
        kind: [one.deviations for one in rated if (one.entry.id in texts) == kind]
        for kind in (False, True)
    }
    print(
        f"by {options.by}: true texts up to {max(deviations[False]):.1f} deviations, wrong ones "
        f"{min(deviations[True]):.1f} to {max(deviations[True]):.1f}"
    )
    print(
        f"bits per sample of the vocoder with a wrong text: {more.min():.4f} to {more.max():.4f} "
        f"more than with the alignment at hand; {processor_name()}"
    )


if __name__ == "__main__":
    main()
