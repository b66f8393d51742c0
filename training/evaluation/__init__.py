"""How good a voice is, on sentences that it never saw.

measures      one pair of sounds, or one sound: a number
baselines     Griffin-Lim and WORLD, given the same features
recogniser    what an offline recogniser understands
report        the figures, with what they may be off by, as JSON and Markdown
page          the same with sounds and pictures, as one HTML file
samples       ten sentences to listen to
picture       a spectrogram
run           which sentences, and what is done with each
temperatures  at which settings a voice sounds best

Two tasks are kept apart throughout. *Copy synthesis* speaks a held-out recording again from what `Voice.analyse` finds in it (mel, F0, voicing; no
text); the recording itself is the truth. *Speech from text* has only the text, so it is compared with how the recordings of the same sentences are
on the whole.
"""

from __future__ import annotations

from training.evaluation.report import Report
from training.evaluation.run import choose, evaluate

__all__ = ["Report", "choose", "evaluate"]
