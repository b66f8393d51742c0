"""The engine for GPUs: all live streams by one kernel of two shapes, their rings resident on the card.

steps       what a sample takes, in Triton
whole       the kernel of many streams: a program for the whole network
chain       the kernel of few: programs that own blocks, and hand on
packing     weights as the kernels read them
shapes      the two kernels ready to be launched, and which of them serves
slots       where the rings of streams live
transfer    what goes to the card and comes back
engine      `CudaEngine`
"""

from __future__ import annotations

from vocoder.engine.cuda.engine import PRECISIONS, CudaEngine
from vocoder.rows.card import INTERPRETED

__all__ = ["INTERPRETED", "PRECISIONS", "CudaEngine"]
