"""What mu-law codes cost by themselves: recordings coded and decoded, with nothing between, judged
by Distill-MOS and DNSMOS P.808. No network can copy better than its codes.

    python benchmarks/models/codec.py --voice kathleen [--runs DIR] [--levels 256 512]

Needs a prepared run (`sonant-train prepare`). Each row is the mean difference to the recordings of
held-out sentences, and its standard error.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training import stages
from training.evaluation.level import levelled
from training.evaluation.naturalness import distill_mos, p808
from training.evaluation.sentences import unmeasured
from vocoder.audio.emphasis import de_emphasise, pre_emphasise
from vocoder.audio.quantise import Quantiser

FloatArray = npt.NDArray[np.float32]


def coded(samples: FloatArray, levels: int, pre_emphasis: float) -> FloatArray:
    """A recording as float32 [T], through mu-law codes of this many levels and back."""
    codes = Quantiser(kind="mulaw", levels=levels)
    emphasised = pre_emphasise(samples, pre_emphasis)
    decoded, _ = de_emphasise(codes.decode(codes.encode(emphasised)), pre_emphasis)
    return decoded


def opinions(sounds: list[FloatArray]) -> npt.NDArray[np.float64]:
    """[N, 2]: of each sound what the two networks say, 1 to 5."""
    return np.array([(distill_mos(levelled(one)), p808(levelled(one))) for one in sounds])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voice", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    parser.add_argument("--sentences", type=int, default=24, help="(%(default)s)")
    parser.add_argument("--levels", type=int, nargs="+", default=[256, 512, 1024])
    options = parser.parse_args()
    data = stages.Run(name=options.voice, root=options.runs).dataset()
    entries = unmeasured(data)[: options.sentences]
    recordings = [np.asarray(data.wave(entry)) for entry in entries]
    true = opinions(recordings)
    mos, other = true.mean(axis=0)
    print(f"{len(entries)} recordings: Distill-MOS {mos:.3f}, P.808 {other:.3f}")
    for levels in options.levels:
        heard = opinions([coded(one, levels, data.audio.pre_emphasis) for one in recordings])
        difference = heard - true
        error = difference.std(axis=0) / len(entries) ** 0.5
        told = (f"{difference[:, k].mean():+.3f} (se {error[k]:.3f})" for k in (0, 1))
        print(f"{levels} levels: Distill-MOS, P.808: {', '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
