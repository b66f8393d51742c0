from __future__ import annotations

from tests.workplace import library, workplace

__all__ = ["library", "workplace"]
