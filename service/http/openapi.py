"""The OpenAPI document: what FastAPI cannot know, because bodies are read by hand.

Bodies are schemas of their own (`components`), operations are named after their functions, and API
keys are there where the service asks for them. So generated clients have models, names and types.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from service.http.middleware import is_public

_TEMPLATE = "#/components/schemas/{model}"
_SECURITY_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def operation_id(route: APIRoute) -> str:
    """The name of an operation, after which generated clients name theirs."""
    return route.name


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is JSON of this model."""
    schema = {"$ref": _TEMPLATE.format(model=model.__name__)}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def complete_document(
    app: FastAPI, bodies: Iterable[type[BaseModel]], *, needs_key: bool, guard_metrics: bool
) -> None:
    """Adds to the document of an application what is said above.

    Args:
        app: with all its routes.
        bodies: models that `json_body` was given.
        needs_key: whether requests must show an API key.
        guard_metrics: whether `/metrics` needs one too.
    """
    plain = app.openapi
    _, definitions = models_json_schema(
        [(model, "validation") for model in bodies], ref_template=_TEMPLATE
    )

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            components = document.setdefault("components", {})
            components["schemas"] = definitions["$defs"] | components.get("schemas", {})
            if needs_key:
                components["securitySchemes"] = _SECURITY_SCHEMES
                document["security"] = [{name: []} for name in _SECURITY_SCHEMES]
                for path, operations in document["paths"].items():
                    for method, operation in operations.items():
                        if is_public(method.upper(), path, guard_metrics=guard_metrics):
                            operation["security"] = []
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's way to change the document
