"""Where torch sees no GPU, Triton interprets the kernel: the same program, slowly. It asks for that
when the kernel is first imported.
"""

from __future__ import annotations

import importlib.util
import os

import torch

collect_ignore_glob = [] if importlib.util.find_spec("triton") is not None else ["test_*.py"]
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"
