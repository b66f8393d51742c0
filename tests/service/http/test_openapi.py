"""The OpenAPI document, and a service that keeps to it whatever is asked."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import (
    positive_data_acceptance,
)

from service.app import create_app
from service.frontend.supervisor import Supervisor
from service.settings import ServiceSettings


def references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        if isinstance(document.get("$ref"), str):
            yield document["$ref"]
        for value in document.values():
            yield from references(value)
    elif isinstance(document, list):
        for value in document:
            yield from references(value)


async def test_every_reference_leads_somewhere(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    found = set(references(document))
    assert found
    for reference in found:
        place = document
        for step in reference.removeprefix("#/").split("/"):
            assert step in place, reference
            place = place[step]


async def test_every_body_has_an_example(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    bodies = {
        path: one["post"]["requestBody"]
        for path, one in document["paths"].items()
        if "requestBody" in one.get("post", {})
    }
    recordings = bodies.pop("/score")  # no JSON: tests/service/http/test_score.py sends some
    assert set(recordings["content"]) == {
        "audio/wav",
        "audio/flac",
        "application/octet-stream",
        "multipart/form-data",
    }
    schemas = document["components"]["schemas"]
    # not kept here: tests/service/jobs sends them
    bodies.pop("/jobs")
    assert schemas["JobRequest"]["examples"]
    assert set(bodies) == {"/", "/synthesize", "/phonemize", "/v1/audio/speech"}
    for path, body in bodies.items():
        reference = body["content"]["application/json"]["schema"]["$ref"]
        examples = schemas[reference.rpartition("/")[2]]["examples"]
        assert examples
        for example in examples:
            assert (await client.post(path, json=example | {"voice": "tiny"})).status_code == 200, (
                example
            )


async def test_every_answer_that_is_text_has_an_example_and_every_parameter(
    client: httpx.AsyncClient,
) -> None:
    document = (await client.get("/openapi.json")).json()
    lacking, seen = [], 0
    for path, method, operation in (
        (path, method, operation)
        for path, one in document["paths"].items()
        for method, operation in one.items()
    ):
        for parameter in operation.get("parameters", []):
            seen += 1
            if not ({"example", "examples"} & {*parameter, *parameter["schema"]}):
                lacking.append((method, path, parameter["name"]))
        for status, answer in operation["responses"].items():
            texts = {
                kind: content
                for kind, content in answer.get("content", {}).items()
                if status < "300" and not kind.startswith("audio/")
            }
            for kind, content in texts.items():
                seen += 1
                if "example" not in content:
                    lacking.append((method, path, status, kind))
                elif kind == "application/json":
                    name = content["schema"].get("$ref", "").removeprefix("#/components/schemas/")
                    # FastAPI leaves them out
                    nulls = (
                        dict.fromkeys(document["components"]["schemas"][name]["required"])
                        if name
                        else {}
                    )
                    jsonschema.validate(
                        nulls | content["example"],
                        content["schema"] | {"components": document["components"]},
                    )
    assert not lacking
    assert seen > 20


async def test_the_examples_of_answers_are_what_is_answered(client: httpx.AsyncClient) -> None:
    """Every field, and no other; the values are another voice's."""
    document = (await client.get("/openapi.json")).json()

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: shape(one) for name, one in value.items()}
        return (
            [shape(value[0])]
            if isinstance(value, list) and value
            else type(value)
            if not isinstance(value, int | float)
            else float
        )

    for path in ("/voices", "/healthz", "/readyz", "/v1/models", "/v1/audio/voices"):
        example = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"][
            "example"
        ]
        assert shape(example) == shape((await client.get(path)).json()), path
    metrics = document["paths"]["/metrics"]["get"]["responses"]["200"]["content"]["text/plain"][
        "example"
    ]
    assert set(metrics.splitlines()[:2]) <= set((await client.get("/metrics")).text.splitlines())


async def test_every_body_of_a_lexicon_has_an_example(
    settings: ServiceSettings, worker: Supervisor, tmp_path: Path
) -> None:
    app = create_app(dataclasses.replace(settings, lexicons=tmp_path), worker=worker)
    sent = []
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://sonant"
    ) as client:
        document = (await client.get("/openapi.json")).json()
        for path, operations in document["paths"].items():
            bodies = [
                (verb, operations[verb]["requestBody"]["content"])
                for verb in ("put", "patch")
                if verb in operations
            ]
            for method, media_type, content in (
                (verb, *one) for verb, contents in bodies for one in contents.items()
            ):
                schema = content["schema"]
                if "$ref" in schema:
                    schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
                example = content["example"] if "example" in content else schema["examples"][0]
                data = (
                    example.encode() if isinstance(example, str) else json.dumps(example).encode()
                )
                address = path.replace("{voice}", "tiny").replace("{word}", "SQL")
                answer = await client.request(
                    method.upper(), address, content=data, headers={"Content-Type": media_type}
                )
                assert answer.status_code == 204, answer.text
                sent.append((method, media_type))
    assert len(sent) == 5


def test_whatever_is_asked_the_answer_is_one_of_those_described(
    app: FastAPI, worker: Supervisor
) -> None:
    asked = set()
    for found in schemathesis.openapi.from_asgi("/openapi.json", app).get_all_operations():
        operation = found.ok()

        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def holds(case: schemathesis.Case) -> None:
            answer = case.call()
            assert answer.status_code < 500
            # All checks but one: no schema can say whether a text has anything that can be spoken.
            case.validate_response(answer, excluded_checks=[positive_data_acceptance])
            asked.add(case.path)

        holds()
    assert worker.status.open_streams == 0
    assert {
        "/synthesize",
        "/phonemize",
        "/score",
        "/v1/audio/speech",
        "/streams/{stream_id}",
        "/metrics",
        "/readyz",
    } <= asked


def test_keys_are_described_where_they_are_asked_for(
    settings: ServiceSettings, worker: Supervisor, tmp_path: Path
) -> None:
    keys = tmp_path / "keys.txt"
    keys.write_text(f"anna {'0' * 64}\n")
    guarded = dataclasses.replace(settings, key_file=keys)
    document = create_app(guarded, worker=worker).openapi()
    assert document["security"] == [{"bearer": []}, {"key": []}]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "key"}
    open_paths = {
        path
        for path, operations in document["paths"].items()
        if all(operation.get("security") == [] for operation in operations.values())
    }
    assert open_paths == {"/healthz", "/readyz", "/metrics"}
    assert "security" not in create_app(settings, worker=worker).openapi()


def test_ranges_are_in_the_document(app: FastAPI) -> None:
    properties = app.openapi()["components"]["schemas"]["SynthesizeRequest"]["properties"]
    assert (properties["pitch"]["minimum"], properties["pitch"]["maximum"]) == (-12, 12)
    seed = properties["seed"]["anyOf"][0]
    assert (seed["minimum"], seed["maximum"]) == (0, 2**64 - 1)
