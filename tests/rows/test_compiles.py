"""The kernels as cards get them, for the committed voice: Triton compiles for cards that are not here, as far as the machine code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

VOICE = Path(__file__).parents[2] / "voices" / "kathleen"

# In a process of its own: in this one Triton may interpret. Sizes are those of the layers that are made on cards; pointers are aligned, as torch's are.
COMPILE = """
import re, sys
import torch
from torch import nn
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from vocoder.acoustic.model import AcousticModel
from vocoder.pack import read_manifest
from vocoder.rows.kernels import convolve, normalise
from vocoder.rows.layers import OPTIONS, SLICE, Layer, Norm
from vocoder.wavenet.conditioning import ConditioningNetwork

manifest, cpu = read_manifest(sys.argv[1]), torch.device("cpu")
modules = [*AcousticModel(manifest.acoustic).named_modules(), *ConditioningNetwork(manifest.wavenet).named_modules()]
wanted = {}
for name, module in modules:
    if isinstance(module, nn.LayerNorm):
        sizes = Norm(module, device=cpu).sizes
        wanted[str(sizes)] = (normalise, sizes)
    elif isinstance(module, nn.Linear | nn.Conv1d):
        activation = "gelu" if name.endswith(".conv") else "relu" if name in ("context", "mix") else "none"
        adds = name.endswith(".mix") or name == "encoder.leave"
        sizes = Layer(module, activation=activation, device=cpu).sizes | {"ADD": adds}
        wanted[str(sizes)] = (convolve, sizes)

for kernel, sizes in wanted.values():
    names = list(kernel.arg_names)
    assert set(sizes) < set(names)
    kinds = dict.fromkeys(("firsts", "behinds"), "*i32")
    signature = {name: "constexpr" if name in sizes else kinds.get(name, "*fp32") for name in names}
    aligned = {(index,): [["tt.divisibility", 16]] for index, name in enumerate(names) if name not in sizes}
    source = ASTSource(kernel, signature, {(names.index(name),): value for name, value in sizes.items()}, aligned)
    for capability in (80, 90):
        compiled = compile(source, target=GPUTarget("cuda", capability, 32), options=OPTIONS[kernel.__name__])
        code = compiled.asm["ptx"]
        chains = {}  # by the register of a sum, how many products have gone into it, one after the other
        for sum_, before in re.findall(r"\\bfma\\.rn\\.f32\\s+(%\\w+), %\\w+, %\\w+, (%\\w+);", code):
            chains[sum_] = chains.pop(before, 0) + 1
        fused = ",".join(map(str, sorted(set(chains.values())))) or "none"
        left_to_choose = len(re.findall(r"\\b(?:add|sub|mul)(?:\\.ftz)?\\.f32", code))
        spilled = len(re.findall(r"\\b(?:ld|st)\\.local", code))
        print(kernel.__name__, capability, compiled.metadata.shared, fused, SLICE, left_to_choose, spilled)
"""
MOST_SHARED_BYTES = {80: 163 * 1024, 90: 227 * 1024}  # that one program may have


@pytest.mark.slow
def test_they_compile_fit_and_fuse_products_only() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    result = subprocess.run([sys.executable, "-c", COMPILE, str(VOICE)], capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr[-2000:]
    lines = [line.split() for line in result.stdout.splitlines()]
    assert {line[0] for line in lines} == {"convolve", "normalise"}
    assert len(lines) > 20
    for kernel, capability, shared, fused, at_a_time, left_to_choose, spilled in lines:
        assert int(shared) <= MOST_SHARED_BYTES[int(capability)]
        assert spilled == "0"
        assert left_to_choose == "0", "what is a product and what a sum would be for the last compiler to say"
        # A product's sum is one chain over the inputs of a slice: then it is the same in whichever row of a tile, and no other row is in it.
        assert fused == ("none" if kernel == "normalise" else at_a_time)
