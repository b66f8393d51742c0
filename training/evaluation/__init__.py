"""How good a voice is, on sentences that it never saw.

sentences     which they are: held-out ones of the corpus, and sixty of no corpus (`sentences.txt`)
ladder        the same sentences as recordings, copies, and speech from text, a prediction more at
              each step
judge         all that judges say of one sound, kept as JSON lines
level         one level and one sample rate for all that is judged
naturalness   Distill-MOS and DNSMOS P.808
listeners     Whisper or pocketsphinx: words that are understood
spectra       how much log-mel moves: variance and modulation spectrum
figures       from rows to figures and paired differences
measures      copy synthesis beside its recording: PESQ, STOI and others
baselines     Griffin-Lim and WORLD, given the same features
report        the figures, with what they may be off by, as JSON and Markdown
page          the same with sounds and pictures, as one HTML file
compare       two voice packs on the same sentences
samples       ten sentences to listen to
picture       a spectrogram
run           what is done with each sentence
temperatures  at which settings a voice sounds best

What takes seconds to import (judges, librosa, matplotlib) is imported at its first use.
"""

from __future__ import annotations

from training.evaluation.compare import compare
from training.evaluation.report import Report
from training.evaluation.run import Judging, evaluate

__all__ = ["Judging", "Report", "compare", "evaluate"]
