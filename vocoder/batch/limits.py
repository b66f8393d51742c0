"""Numbers that a run has where nobody gives others; by themselves, so that `--help` need not import
what computes.
"""

from __future__ import annotations

# What an engine takes through a step together is six (bf16, int8) or sixteen (fp32): twice six keep
# it in full groups while some streams are at the ends of their sentences (benchmarks/render.py).
STREAMS_PER_THREAD = 12
BYTES_PER_CHARACTER = (
    8  # of a list's line, at most: UTF-8 has up to 4, JSON's escapes 6, and there are other fields
)
