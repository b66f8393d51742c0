"""Where torch sees no GPU, Triton interprets the kernels: the same programs, slowly. It asks for
that when they are first imported.
"""

from __future__ import annotations

import importlib.util
import os

import torch

collect_ignore_glob = (
    []
    if importlib.util.find_spec("triton") is not None
    else ["test_layers.py", "test_compiles.py", "test_acoustic_model.py", "test_conditioning.py"]
)
if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"
    if importlib.util.find_spec("triton") is not None:
        from tests.cuda.layers.interpreted_dot import install

        install()
