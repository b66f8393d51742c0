"""The device that tests compute rows on: a GPU, or the processor, where Triton interprets."""

from __future__ import annotations

import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
