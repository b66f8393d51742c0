"""What machine this is: every figure is one machine's."""

from __future__ import annotations

import platform
from pathlib import Path


def processor_name() -> str:
    """By name where the system tells, else the architecture."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text("utf-8").splitlines() if cpuinfo.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
