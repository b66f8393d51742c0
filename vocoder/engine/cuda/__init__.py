"""The engine for GPUs: all live streams by one kernel, their rings resident on the card.

kernel      the loop over samples and blocks, in Triton
packing     weights as the kernel reads them
slots       where the rings of streams live
engine      `CudaEngine`
"""

from __future__ import annotations

from vocoder.engine.cuda.engine import INTERPRETED, PRECISIONS, CudaEngine

__all__ = ["INTERPRETED", "PRECISIONS", "CudaEngine"]
