"""What each precision costs a voice with each instruction set, in bits per sample over fp32 on
held-out speech, as the export measures it.

python benchmarks/models/prices.py --voice kathleen

Needs a prepared run (`sonant-train prepare`). In int8 all instruction sets make the same sums, in
bf16 weights share lanes as the width of a vector has it, and AVX512_BF16 rounds inputs too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from training import stages
from training.precision_prices import bits_per_sample
from vocoder.compiled import available_isas
from vocoder.engine.native import PRECISIONS, NativeEngine
from vocoder.voices.library import find_voice
from vocoder.voices.pack import read_pack


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--voice", required=True)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    data = stages.Run(name=options.voice, root=options.runs).dataset()
    network = read_pack(find_voice(options.voice)).network
    exact = bits_per_sample(NativeEngine(network), network, data)
    print(f"fp32: {exact:.6f} bits per sample")
    for precision in PRECISIONS[1:]:
        for isa in available_isas():
            price = (
                bits_per_sample(NativeEngine(network, isa=isa, precision=precision), network, data)
                - exact
            )
            print(f"{precision} {isa:<20}{price:+.6f}", flush=True)


if __name__ == "__main__":
    main()
