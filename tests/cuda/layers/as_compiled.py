"""The kernels that a voice's layers on rows are compiled to for a GPU: JSON, one object for each.

python -m tests.cuda.layers.as_compiled CAPABILITY VOICE
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import numpy as np

from tests.cuda.layers.without_gpu import compiled, without_gpu
from vocoder.cuda.acoustic_model import CudaAcousticModel
from vocoder.cuda.conditioning import CudaConditioning
from vocoder.cuda.layer_kernels import convolve, normalise
from vocoder.text import analyse
from vocoder.voices.pack import read_pack


def about(kernel: Any) -> dict[str, Any]:
    """What one of them takes, and how its sums are made."""
    code = kernel.asm["ptx"]
    chains: dict[
        str, int
    ] = {}  # by the register of a sum, how many products have gone into it, one after the other
    for sum_, before in re.findall(r"\bfma\.rn\.f32\s+(%\w+), %\w+, %\w+, (%\w+);", code):
        chains[sum_] = chains.pop(before, 0) + 1
    return {
        "kernel": kernel.name,
        "shared_bytes": kernel.metadata.shared,
        "fused": sorted(set(chains.values())),
        # instructions that a later compiler may fuse
        "left_to_choose": len(re.findall(r"\b(?:add|sub|mul)(?:\.ftz)?\.f32", code)),
        "spilled": len(re.findall(r"\b(?:ld|st)\.local", code)),
    }


def main() -> None:
    capability, voice = sys.argv[1:]
    pack = read_pack(voice)
    (sentence,) = analyse("Good day.").sentences
    with without_gpu(int(capability)):
        acoustic, conditioning = (
            CudaAcousticModel(pack.acoustic_model, "cpu"),
            CudaConditioning(pack.network, "cpu"),
        )
        acoustic.durations(sentence.features)
        spoken = acoustic.conditions(sentence.features, np.full(sentence.features.num_phonemes, 3))
        conditioning.project(conditioning.hidden(spoken))
    print(
        json.dumps([about(kernel) for each in (convolve, normalise) for kernel in compiled(each)])
    )


if __name__ == "__main__":
    main()
