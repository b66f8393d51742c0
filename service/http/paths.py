"""Paths of a service that a proxy may serve under a prefix (`ServiceSettings.root_path`)."""

from __future__ import annotations

from starlette.types import Scope


def inner_path(scope: Scope) -> str:
    """The path of a request without the prefix, whether the proxy has stripped it or not."""
    root = scope.get("root_path", "")
    path: str = scope["path"]
    return path.removeprefix(root) if path.startswith(f"{root}/") else path


def outer_path(scope: Scope, path: str) -> str:
    """One of the service's paths as clients know it: with the prefix."""
    return f"{scope.get('root_path', '')}{path}"
