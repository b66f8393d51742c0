"""The kernels as cards get them: Triton compiles for a card that is not here, as far as the machine code. What is interpreted may still not compile."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# In a process of its own: in this one Triton may interpret.
COMPILE = """
import dataclasses, json, pathlib, re, subprocess, sys, tempfile
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from vocoder.engine.bench import reference_config
from vocoder.engine.cuda.chain import advance_chain
from vocoder.engine.cuda.packing import kernel_sizes, ownable
from vocoder.engine.cuda.shapes import STAGES, WARPS
from vocoder.engine.cuda.whole import advance_whole

shape, precision, forced, changes = sys.argv[1], sys.argv[2], sys.argv[3] == "forced", json.loads(sys.argv[4])
config = dataclasses.replace(reference_config(), **changes)
constants = {**kernel_sizes(config, exact=precision == "fp32", interpreted=False), "FORCED": forced}
stages = STAGES[precision]
advance = advance_whole
if shape == "chain":
    advance, stages = advance_chain, 1
    constants["OWN"] = ownable(config, precision)[0]
product = "*fp32" if precision == "fp32" else "*bf16"
kinds = {"log_scale_least": "fp32", **dict.fromkeys(("num_streams", "num_samples", "begin", "end", "first_stage"), "i32")}
kinds |= dict.fromkeys(("slots", "positions", "seeds", "first_rows"), "*i64")
kinds |= dict.fromkeys(("turns", "counts", "history", "lags", "dilations", "ring_offsets", "codes", "flags"), "*i32")
kinds |= dict.fromkeys(("values", "edges"), "*fp64")
kinds |= dict.fromkeys(("rings", "taps", "residual", "skip", "head1", "head2"), product)
names = list(advance.arg_names)
signature = {name: "constexpr" if name in constants else kinds.get(name, "*fp32") for name in names}
aligned = {(place,): [["tt.divisibility", 16]] for place, name in enumerate(names) if signature[name].startswith("*")}  # as torch's memory is
source = ASTSource(advance, signature, {(names.index(name),): value for name, value in constants.items()}, aligned)
for capability, most_shared in {80: 163 * 1024, 90: 227 * 1024}.items():
    while True:  # as the engine does it
        options = {"num_warps": WARPS, "num_stages": stages, "enable_fp_fusion": False}
        compiled = compile(source, target=GPUTarget("cuda", capability, 32), options=options)
        if compiled.metadata.shared <= most_shared or stages == 1:
            break
        stages -= 1
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(compiled.asm["cubin"])
        file.flush()
        tool = pathlib.Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"
        used = subprocess.run([tool, "-res-usage", file.name], capture_output=True, text=True, check=True).stdout
    print("capability", capability, "shared", compiled.metadata.shared, *re.search(r"REG:\\d+ STACK:\\d+", used)[0].split(), file=sys.stderr)
    stack = int(re.search(r"STACK:(\\d+)", used)[1])
    print(stack == 0, compiled.metadata.shared <= most_shared, "wgmma" in compiled.asm["ptx"], "fma.rn.f32" in compiled.asm["ptx"])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape, precision, forced, changes",
    [
        ("whole", "bf16", "drawn", "{}"),
        ("whole", "fp32", "drawn", "{}"),
        pytest.param("whole", "bf16", "forced", '{"prediction_order": 16, "max_lag": 256, "kernel_size": 3}', marks=pytest.mark.thorough),
        pytest.param("whole", "bf16", "drawn", '{"output": "gaussian", "prediction_order": 16, "quantisation_levels": 65536}', marks=pytest.mark.thorough),
        ("whole", "bf16", "drawn", '{"output": "logistic_mixture", "quantisation_levels": 65536}'),
        pytest.param("whole", "bf16", "drawn", '{"quantisation_levels": 1024, "num_layers": 16, "skip_channels": 128}', marks=pytest.mark.thorough),
        ("chain", "bf16", "drawn", "{}"),
        ("chain", "bf16", "drawn", '{"prediction_order": 128, "max_lag": 256, "num_layers": 16, "skip_channels": 128, "head_channels": 128}'),
        ("chain", "bf16", "forced", '{"prediction_order": 16, "max_lag": 256, "kernel_size": 3}'),
        pytest.param("chain", "bf16", "drawn", '{"output": "logistic_mixture", "quantisation_levels": 65536}', marks=pytest.mark.thorough),
    ],
)
def test_it_compiles_and_fits(shape: str, precision: str, forced: str, changes: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    result = subprocess.run([sys.executable, "-c", COMPILE, shape, precision, forced, changes], capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr[-2000:]
    print(result.stderr)  # what it takes; `pytest -s` shows it
    for line in result.stdout.splitlines():
        kept, fits, wgmma, fused = (word == "True" for word in line.split())
        assert fits
        if (shape, forced) == ("chain", "drawn"):
            assert kept, "a chain that speaks is there for its weights to stay: no register goes to memory and back"
        # Both shapes must round alike: by the same instructions, and with nothing fused that stands apart.
        assert not wgmma
        assert not fused or precision == "fp32"
