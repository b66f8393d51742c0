"""The files that run the service elsewhere: each fits its schema, nothing is pulled that is not
named with its version, and what is watched is measured.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import validators

from service.observability.metrics import Metrics
from service.observability.status import Status
from service.settings import ServiceSettings

ROOT = Path(__file__).parent.parent
DOCKER = ROOT / "docker"
KUBERNETES = "1.33"
MANIFESTS = [
    manifest
    for manifest in yaml.safe_load_all((DOCKER / "kubernetes/sonant.yaml").read_text("utf-8"))
    if manifest
]
COMPOSE = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
DASHBOARD = json.loads((DOCKER / "grafana/sonant.json").read_text("utf-8"))
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]


def manifest(kind: str) -> Any:
    (found,) = (one for one in MANIFESTS if one["kind"] == kind)
    return found


def container() -> Any:
    (found,) = manifest("Deployment")["spec"]["template"]["spec"]["containers"]
    return found


def measured() -> set[str]:
    """Every name that `/metrics` has."""
    status = Status(
        ready=True, open_streams=0, making=0, queued=0, background=0, places=1, capacity=1.0
    )
    metrics = Metrics(lambda: status)
    metrics.audio("kathleen", 1.0)
    return set(re.findall(r"^(sonant_\w+)", metrics.exposition().decode(), re.MULTILINE))


@pytest.mark.parametrize(
    "path", sorted(DOCKER.rglob("*.yaml")), ids=lambda path: str(path.relative_to(DOCKER))
)
def test_every_file_is_yaml_without_doubled_keys(path: Path) -> None:
    class Strict(yaml.SafeLoader):
        pass

    def mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
        keys = [loader.construct_object(key) for key, _ in node.value]  # type: ignore[no-untyped-call]
        assert len(keys) == len(set(keys)), keys
        return dict(yaml.SafeLoader.construct_mapping(loader, node, deep=True))

    Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    assert list(yaml.load_all(path.read_text("utf-8"), Strict))


def test_compose_fits_its_schema() -> None:
    schema = get_builtin_schema("vendor.compose-spec")
    validators.validator_for(schema)(schema).validate(COMPOSE)


def test_the_workflow_of_the_wheels_fits_its_schema() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/wheels.yaml").read_text("utf-8"))
    workflow["on"] = workflow.pop(True)  # YAML 1.1 reads the key as a truth value
    schema = get_builtin_schema("vendor.github-workflows")
    validators.validator_for(schema)(schema).validate(workflow)


@pytest.mark.parametrize("one", MANIFESTS, ids=lambda one: one["kind"])
def test_each_manifest_fits_its_schema(one: Any) -> None:
    kubernetes_validate.validate(one, KUBERNETES, strict=True)


def test_nothing_is_pulled_that_is_not_named_with_its_version() -> None:
    pinned = set((DOCKER / "images.txt").read_text("utf-8").split())
    assert all(re.fullmatch(r"[\w./-]+:v?\d+\.\d+[\w.-]*", image) for image in pinned)
    built = {service["image"] for service in COMPOSE["services"].values() if "build" in service}
    assert built == {f"sonant:{VERSION}"}
    pulled = {
        service["image"] for service in COMPOSE["services"].values() if "build" not in service
    }
    for file in (DOCKERFILE, (DOCKER / "cuda.Dockerfile").read_text("utf-8")):
        pulled |= set(re.findall(r"^FROM (\S+)", file, re.MULTILINE))
    assert pulled == pinned
    assert {container()["image"]} == built


def test_what_is_mounted_exists() -> None:
    mounted = [
        volume.split(":")[0]
        for service in COMPOSE["services"].values()
        for volume in service.get("volumes", [])
    ]
    assert not [path for path in mounted if path.startswith(".") and not (DOCKER / path).is_file()]
    assert {path for path in mounted if not path.startswith(".")} == set(COMPOSE["volumes"])


def test_everything_that_is_shown_and_scaled_on_is_measured() -> None:
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    (rule,) = yaml.safe_load((DOCKER / "kubernetes/load-rule.yaml").read_text("utf-8"))["rules"][
        "custom"
    ]
    names = set(
        re.findall(r"sonant_\w+", " ".join([*asked, rule["seriesQuery"], rule["metricsQuery"]]))
    )
    assert names
    assert names <= measured()
    (scaled,) = manifest("HorizontalPodAutoscaler")["spec"]["metrics"]
    assert scaled["pods"]["metric"]["name"] == rule["name"]["as"]


def test_all_that_is_measured_is_shown() -> None:
    shown = set(re.findall(r"sonant_\w+", json.dumps(DASHBOARD)))
    # A histogram's and a counter's other series say the same.
    assert {
        name for name in measured() if not name.endswith(("_created", "_sum", "_count"))
    } <= shown


def test_grafana_finds_what_it_is_given() -> None:
    (source,) = yaml.safe_load((DOCKER / "grafana/datasources.yaml").read_text("utf-8"))[
        "datasources"
    ]
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {source["uid"]}
    assert source["url"].removeprefix("http://").split(":")[0] in COMPOSE["services"]
    targets = yaml.safe_load((DOCKER / "prometheus.yaml").read_text("utf-8"))["scrape_configs"][0][
        "static_configs"
    ][0]["targets"]
    assert targets == ["sonant:8000"]
    assert "sonant" in COMPOSE["services"]


def test_the_pod_is_asked_where_the_service_answers_and_runs_as_the_image_does() -> None:
    routes = (ROOT / "service/http/routes.py").read_text("utf-8")
    pod = manifest("Deployment")["spec"]["template"]["spec"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert f'"{container()[probe]["httpGet"]["path"]}"' in routes
        assert container()[probe]["httpGet"]["port"] == container()["ports"][0]["name"]
    port = container()["args"][container()["args"].index("--port") + 1]
    assert int(port) == container()["ports"][0]["containerPort"]
    assert (
        re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)[0]
        == f"USER {pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    )  # type: ignore[index]


def test_whoever_stops_the_service_waits_for_as_long_as_streams_may_go_on() -> None:
    args = container()["args"]
    streams, proxies = (
        float(args[args.index("--shutdown-seconds") + 1]),
        container()["lifecycle"]["preStop"]["sleep"]["seconds"],
    )
    # two for the responses' ends
    assert (
        manifest("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
        > proxies + streams + 2
    )
    assert COMPOSE["services"]["sonant"]["stop_grace_period"] == "15s"
    assert ServiceSettings().shutdown_seconds + 2 < 15


def test_everything_selects_the_same_pods() -> None:
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert manifest("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("Service")["spec"]["selector"] == labels
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert (
        manifest("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"]
        == manifest("Deployment")["metadata"]["name"]
    )
