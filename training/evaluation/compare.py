"""Two voice packs on the same sentences: which is better, and whether that is more than chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from training.data.dataset import PreparedSet
from training.evaluation.figures import differences, figures
from training.evaluation.judge import Judge
from training.evaluation.ladder import COPY, RECORDINGS, TEXT, Ladder
from training.evaluation.listeners import make_listener
from training.evaluation.report import Figures, figure_rows, markdown, to_json
from training.evaluation.run import Judging, judged, label, write_clips
from training.evaluation.sentences import JudgedSentence, measured, unseen
from vocoder.errors import InputError
from vocoder.synthesis.voice import load_voice

NEW = "sentences of no corpus"


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Figures of two packs and their differences, by what was spoken: copy synthesis, speech from
    text, sentences of no corpus.

    Attributes:
        packs: their folders, A and B.
        listener: who wrote down the words.
        sentences: how many, by what was spoken.
        figures: of A and of B.
        differences: A minus B, paired over sentences.
    """

    packs: tuple[str, str]
    listener: str
    sentences: Mapping[str, int]
    figures: Mapping[str, tuple[Figures, Figures]]
    differences: Mapping[str, Figures]

    def to_json(self) -> str:
        """For programs."""
        return to_json(dataclasses.asdict(self))

    def to_markdown(self) -> str:
        """For people."""
        first, second = self.packs
        lines = [
            (
                f"A is {first}, B is {second}; words by {self.listener}. [low, high] is a 95 % "
                f"interval by bootstrap over sentences, which pairs them."
            )
        ]
        for kind, difference in self.differences.items():
            a, b = self.figures[kind]
            plain = figure_rows(f"{kind}, {self.sentences[kind]} sentences", {"A": a, "B": b})
            apart = figure_rows("", {"A - B": difference}, sign=True)
            lines += [
                "",
                *markdown(
                    [
                        [*both, *difference[1:]]
                        for both, difference in zip(plain, apart, strict=True)
                    ]
                ),
            ]
        return "\n".join(lines)


def compare(data: PreparedSet, packs: tuple[Path, Path], judging: Judging) -> Comparison:
    """Judges two packs on the same held-out sentences, as copies and from text, and on the
    sentences of no corpus.

    Args:
        data: that both were trained on, aligned.
        packs: A and B.
        judging: as `evaluate`.

    Raises:
        InputError: a pack has other frames than the data set; and as `evaluate`.
    """
    judge = Judge(make_listener(judging.whisper), data.audio, judging.rows)
    entries = measured(data, judging.sentences)
    said = unseen(judging.unseen)
    sentences = [JudgedSentence(id=entry.id, readings=(entry.text,)) for entry in entries]
    recordings = judged(judge, RECORDINGS, sentences, [data.wave(entry) for entry in entries])
    rows = []
    for name, pack in zip("ab", packs, strict=True):
        voice = load_voice(pack)
        if voice.manifest.audio != data.audio:
            raise InputError(f"{pack}: its frames are not those of {data.folder}", field=str(pack))
        ladder = Ladder(voice, data)
        sounds = {kind: [ladder.systems[kind](entry) for entry in entries] for kind in (COPY, TEXT)}
        new = [ladder.say(sentence.text) for sentence in said]
        if judging.clips is not None:
            write_clips(judging.clips / name, sentences, sounds, data.audio)
            write_clips(judging.clips / name / "unseen", said, {TEXT: new}, data.audio)
        found = {
            kind: judged(judge, label(pack, kind), sentences, made) for kind, made in sounds.items()
        }
        rows.append(found | ({NEW: judged(judge, label(pack, TEXT), said, new)} if said else {}))
    first, second = rows
    beside = {kind: () if kind == NEW else recordings for kind in first}
    return Comparison(
        packs=(str(packs[0]), str(packs[1])),
        listener=judge.listener.name,
        sentences={kind: len(found) for kind, found in first.items()},
        figures={
            kind: (figures(first[kind], beside[kind]), figures(second[kind], beside[kind]))
            for kind in first
        },
        differences={kind: differences(first[kind], second[kind], beside[kind]) for kind in first},
    )
