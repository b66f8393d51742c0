"""The kernels that an engine on a GPU has compiled: JSON, one object for each.

python -m tests.cuda.engine.as_compiled CAPABILITY {bf16,fp32} SHAPE CHANGES

CHANGES of the reference size, as JSON. What a GPU has no room for the engine compiles anew to hold
less; told is the last, which it has room for.
"""

from __future__ import annotations

import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import tempfile
from typing import Any

import triton

from tests.cuda.engine.without_gpu import EngineWithoutGpu
from tests.cuda.layers.without_gpu import compiled, without_gpu
from vocoder.cuda.chain_kernel import advance_chain
from vocoder.cuda.whole_kernel import advance_whole
from vocoder.engine.benchmark import reference_config
from vocoder.wavenet.network import WaveNet

TOOL = pathlib.Path(triton.__file__).parent / "backends/nvidia/bin/cuobjdump"


def about(kernel: Any) -> dict[str, Any]:
    """What one of them takes, and what it is made of."""
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(kernel.asm["cubin"])
        file.flush()
        used = subprocess.run(
            [TOOL, "-res-usage", file.name], capture_output=True, text=True, check=True
        ).stdout
    found = re.search(r"REG:(\d+) STACK:(\d+)", used)
    assert found is not None, used
    return {
        "kernel": kernel.name,
        "forced": kernel.src.constants[kernel.src.fn.arg_names.index("FORCED"),],
        "shared_bytes": kernel.metadata.shared,
        "registers": int(found[1]),
        "stack_bytes": int(found[2]),  # of a thread: what has no register
        "wgmma": "wgmma" in kernel.asm["ptx"],
        "fused": "fma.rn.f32" in kernel.asm["ptx"],
    }


def main() -> None:
    capability, precision, shape, changes = sys.argv[1:]
    config = dataclasses.replace(reference_config(), **json.loads(changes))
    with without_gpu(int(capability)):
        EngineWithoutGpu(WaveNet(config).eval(), precision=precision, shape=shape)
    kernels = [
        kernel
        for advance in (advance_chain, advance_whole)
        for kernel in compiled(advance)
        if kernel.module is not None
    ]
    print(json.dumps([about(kernel) for kernel in kernels]))


if __name__ == "__main__":
    main()
