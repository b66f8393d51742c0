"""The kernel as cards get it: Triton compiles for a card that is not here, as far as the machine code. What is interpreted may still not compile."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# In a process of its own: in this one Triton may interpret.
COMPILE = """
import dataclasses, json, sys
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource, compile
from vocoder.engine.bench import reference_config
from vocoder.engine.cuda.engine import STAGES, WARPS
from vocoder.engine.cuda.kernel import advance
from vocoder.engine.cuda.packing import kernel_sizes

precision, forced, changes = sys.argv[1], sys.argv[2] == "forced", json.loads(sys.argv[3])
config = dataclasses.replace(reference_config(), **changes)
constants = {**kernel_sizes(config, exact=precision == "fp32", interpreted=False), "FORCED": forced}
product = "*fp32" if precision == "fp32" else "*bf16"
kinds = {"log_scale_least": "fp32", "num_streams": "i32", "num_samples": "i32"}
kinds |= dict.fromkeys(("slots", "positions", "seeds", "first_rows"), "*i64")
kinds |= dict.fromkeys(("counts", "history", "lags", "dilations", "ring_offsets", "codes"), "*i32")
kinds |= dict.fromkeys(("values", "edges"), "*fp64")
kinds |= dict.fromkeys(("rings", "taps", "residual", "skip", "head1", "head2"), product)
names = list(advance.arg_names)
signature = {name: "constexpr" if name in constants else kinds.get(name, "*fp32") for name in names}
source = ASTSource(advance, signature, {(names.index(name),): value for name, value in constants.items()})
for capability in (80, 90):
    compiled = compile(source, target=GPUTarget("cuda", capability, 32), options={"num_warps": WARPS, "num_stages": STAGES[precision]})
    print(capability, compiled.metadata.shared)
"""
MOST_SHARED_BYTES = {80: 163 * 1024, 90: 227 * 1024}  # that one program may have


@pytest.mark.slow
@pytest.mark.parametrize(
    "precision, forced, changes",
    [
        ("bf16", "drawn", "{}"),
        ("fp32", "drawn", "{}"),
        ("bf16", "forced", '{"prediction_order": 16, "max_lag": 256, "kernel_size": 3}'),
        ("bf16", "drawn", '{"output": "gaussian", "prediction_order": 16, "quantisation_levels": 65536}'),
        ("bf16", "drawn", '{"output": "logistic_mixture", "quantisation_levels": 65536}'),
        ("bf16", "drawn", '{"quantisation_levels": 1024, "num_layers": 16, "skip_channels": 128}'),
    ],
)
def test_it_compiles_and_fits(precision: str, forced: str, changes: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    result = subprocess.run([sys.executable, "-c", COMPILE, precision, forced, changes], capture_output=True, text=True, check=False, env=environment)
    assert result.returncode == 0, result.stderr[-2000:]
    for line in result.stdout.splitlines():
        capability, shared = map(int, line.split())
        assert shared <= MOST_SHARED_BYTES[capability]
