"""Cached generation on a CPU; `make_engine` makes any engine, `vocoder.cuda`'s included.

philox      randomness as a function of (seed, sample index)
sampling    from the network's output to a code
state       what a stream remembers, as a value
weights     the network's weights, as the engines read them
base        the interface: `Engine`, `Job`
reference   the engine in torch, any device; on a GPU where Triton is missing
native      the engine in C++ (`vocoder/native/engine`), where it was built
benchmark   how fast they are; torch_loop: the plain loop that they are compared with

`Engine.start(seed)` gives a `StreamState`. `Engine.advance(jobs)` moves each job's state on in
place, and returns its codes. `Engine.logits` is the same under teacher forcing. Engines of the same
config can exchange states. `Engine.begin` starts a call whose codes are fetched later.

Philox 4x32-10 is keyed by the seed (64 bits, low word first). Its counter is (sample index low,
high, 0, 0). The words give uniform numbers `(x >> 8) * 2**-24 + 2**-25`.

Precisions of the native engine:

    fp32    weights and sums in fp32
    bf16    weights in 16 bits, sums in fp32; on AVX512_BF16 inputs are rounded to bf16 too
    int8    weights with one scale per output, inputs with one scale that follows their largest
            value (fixed for gates), sums exact in 32-bit integers

In int8 a result depends on no order, nothing is clipped, and no scale is calibrated. Rings,
conditioning, gates and sampling are fp32 in every precision, so states can be exchanged. The voice
pack states what each precision costs (`PackManifest.precision_prices`); `load_voice` chooses by it.

Threads of the native engine (`vocoder/native/engine/pool.h`) share out whole streams, never one
stream's sums, so no byte depends on their number. Streams of a call take each step together, at
most sixteen in fp32 and six otherwise: more would push the weights out of L2. Torch sums in no
fixed order over several threads. So all that it computes on the way to a sample runs under
`one_torch_thread()`, which restores the setting afterwards.

Measurements: docs/experiments/native-engine-memory.md, bf16-instruction.md.
"""

from __future__ import annotations

import importlib.util
import logging
from typing import TYPE_CHECKING

from vocoder.compiled import is_compiled
from vocoder.engine.base import (
    CUDA_PRECISIONS,
    CUDA_REFERENCE,
    NATIVE_PRECISIONS,
    Codes,
    Conditioning,
    Engine,
    Job,
    PendingCodes,
)
from vocoder.engine.state import StreamState
from vocoder.errors import EngineError
from vocoder.wavenet.weights import WaveNetWeights

if TYPE_CHECKING:  # which needs torch: what computes with it is imported late
    from vocoder.wavenet.network import WaveNet

__all__ = [
    "CUDA_PRECISIONS",
    "NATIVE_PRECISIONS",
    "Codes",
    "Conditioning",
    "Engine",
    "Job",
    "PendingCodes",
    "StreamState",
    "make_engine",
    "native_built",
    "precisions_of",
]

REFERENCE_PRECISION = "fp32"
ENGINES = ("auto", "native", "reference", "cuda", CUDA_REFERENCE)
log = logging.getLogger(__name__)


def native_built() -> bool:
    """Whether the engine in C++ was built when Sonant was installed."""
    return is_compiled()


def precisions_of(name: str) -> tuple[str, ...]:
    """What the engine that `make_engine` makes for a name can compute in, on the processor or, for
    "cuda", on the GPU.
    """
    if name == "cuda" and _triton_found():
        return CUDA_PRECISIONS
    return (
        NATIVE_PRECISIONS
        if name in ("auto", "native") and native_built()
        else (REFERENCE_PRECISION,)
    )


def make_engine(
    network: WaveNet | WaveNetWeights,
    name: str = "auto",
    *,
    isa: str = "auto",
    precision: str = "fp32",
    threads: int = 1,
    device: str = "cpu",
) -> Engine:
    """An engine with this network's weights.

    Args:
        network: whose weights are copied, a torch module on any device or arrays. Only the native
            engine needs no torch.
        name: "native" (C++), "reference" (torch), "cuda" (Triton; where that is missing
            "cuda-reference" with one logged line), "cuda-reference" (torch on a GPU), or "auto":
            native where it was built, else reference with one logged line.
        isa: instruction set of the native engine, "auto" or one of
            `vocoder.compiled.available_isas()`.
        precision: of the native engine, one of "fp32", "bf16" and "int8"; the cuda engine has the
            first two, without Triton fp32 alone; so has the reference engine.
        threads: of the native engine, that the streams of one call are shared out to; the reference
            engine computes on one.
        device: torch device of the reference engine; anything but "cpu" makes "auto" choose it.
            Engines of GPUs take the GPU that is torch's current one.

    Raises:
        EngineError: an unknown name or precision, or an engine that cannot run here.
    """
    if name not in ENGINES:
        raise EngineError(f"unknown engine {name!r}: there are {', '.join(ENGINES)}")
    if name == "native" and device != "cpu":
        raise EngineError(f"the native engine runs on the CPU, not on {device!r}")
    if name == "cuda":
        return _make_cuda_engine(network, precision)
    if name == CUDA_REFERENCE:
        return _make_reference_engine(network, precision, "cuda")
    if name == "reference" or device != "cpu":
        return _make_reference_engine(network, precision, device)
    if native_built():
        from vocoder.engine.native import NativeEngine  # late: it needs the compiled module

        return NativeEngine(network, isa=isa, precision=precision, threads=threads)
    if name == "native":
        raise EngineError(
            "the native engine was not built when Sonant was installed: it needs a C++ compiler"
        )
    if precision != "fp32":
        raise EngineError(
            f"precision {precision!r} is the native engine's, which was not built when Sonant "
            f"was installed: it needs a C++ compiler"
        )
    log.warning(
        "the native engine was not built (no C++ compiler at installation): the reference engine "
        "serves, many times slower than real time"
    )
    return _make_reference_engine(network, precision, device)


def _triton_found() -> bool:
    return importlib.util.find_spec("triton") is not None


def _check_torch(engine: str) -> None:
    if importlib.util.find_spec("torch") is None:
        raise EngineError(
            f"the {engine} engine computes with torch, which is not installed: pip install "
            f"'sonant[reference]', or 'sonant[gpu]' for a GPU"
        )


def _cuda_available() -> bool:
    import torch

    return torch.cuda.is_available()


def _make_cuda_engine(network: WaveNet | WaveNetWeights, precision: str) -> Engine:
    _check_torch("cuda")
    if not _triton_found():
        return _make_engine_without_triton(network, precision)
    from vocoder.cuda.device import INTERPRETED
    from vocoder.cuda.engine import CudaEngine  # late: it needs triton
    from vocoder.wavenet.network import WaveNet

    if not INTERPRETED and not _cuda_available():
        raise EngineError("the cuda engine needs a CUDA GPU, and torch sees none here")
    module = WaveNet.of(network) if isinstance(network, WaveNetWeights) else network
    return CudaEngine(module, device="cpu" if INTERPRETED else "cuda", precision=precision)


def _make_engine_without_triton(network: WaveNet | WaveNetWeights, precision: str) -> Engine:
    if not _cuda_available():
        raise EngineError(
            "the cuda engine needs triton, which comes with CUDA builds of torch, or with the "
            "extra `gpu`"
        )
    if precision != REFERENCE_PRECISION:
        raise EngineError(
            f"without triton the cuda engine computes in fp32, not in {precision!r}: on Linux "
            f"the extra `gpu` brings triton"
        )
    log.warning(
        "triton was not found: the reference engine serves on the GPU, in fp32 alone, one stream "
        "at a time and many times slower than real time "
        "(on Linux the extra `gpu` brings triton)"
    )
    return _make_reference_engine(network, precision, "cuda")


def _make_reference_engine(
    network: WaveNet | WaveNetWeights, precision: str, device: str
) -> Engine:
    if precision != REFERENCE_PRECISION:
        raise EngineError(f"the reference engine computes in fp32, not in {precision!r}")
    _check_torch("reference")
    if device.startswith("cuda") and not _cuda_available():
        raise EngineError(
            f"the reference engine on {device!r} needs a CUDA GPU, and torch sees none here"
        )
    from vocoder.engine.reference import ReferenceEngine

    return ReferenceEngine(network, device=device)
