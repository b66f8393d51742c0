"""What is handed to Ray Serve: arguments, options, its configuration. Nothing of Ray is started."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ray.serve.schema import ServeDeploySchema

from service.cluster.ray_router import wanted_replica
from service.cluster.ray_serve import Health, ReplicaBounds, application, deployment, scale_by_load
from service.observability.status import Status
from service.settings import ServiceSettings
from vocoder.errors import ConfigError, EngineError

EXAMPLE = Path(__file__).parents[3] / "docker/ray-serve.yaml"


def settings_of(args: dict[str, Any]) -> ServiceSettings:
    (settings,) = application(args)._bound_deployment.init_args
    assert isinstance(settings, ServiceSettings)
    return settings


def test_arguments_are_the_settings_of_the_service() -> None:
    typed = settings_of(
        {
            "voice": "kathleen",
            "capacity": 4.5,
            "standby": False,
            "max_streams": 7,
            "key_file": "/etc/keys.txt",
        }
    )
    assert typed == ServiceSettings(
        voices=("kathleen",),
        capacity=4.5,
        standby=False,
        max_streams=7,
        key_file=Path("/etc/keys.txt"),
    )


def test_strings_of_the_command_line_are_read() -> None:
    as_strings = {
        "voices": "kathleen,/my/voices/otto",
        "capacity": "4.5",
        "standby": "false",
        "max_streams": "7",
        "min_replicas": "2",
    }
    assert settings_of(as_strings) == ServiceSettings(
        voices=("kathleen", "/my/voices/otto"), capacity=4.5, standby=False, max_streams=7
    )


@pytest.mark.parametrize(
    ("args", "named"),
    [
        ({"voise": "kathleen"}, "voise"),
        ({"capacity": "much"}, "capacity"),
        ({"max_streams": 0}, "max_streams"),
        ({"max_streams": "2.5"}, "max_streams"),
        ({"standby": "perhaps"}, "standby"),
        ({"voices": 5}, "voices"),
        ({"voice": "kathleen", "voices": "kathleen"}, "voices"),
        ({"allow_origins": "example.com"}, "allow_origins"),
        ({"min_replicas": 0}, "min_replicas"),
        ({"min_replicas": 3, "max_replicas": 2}, "max_replicas"),
        ({"max_replicas": "many"}, "max_replicas"),
        ({"jobs": "/var/jobs"}, "jobs"),
        ({"lexicons": "/var/lexicons"}, "lexicons"),
        ({"wyoming": "0.0.0.0:10200"}, "wyoming"),
    ],
)
def test_what_is_wrong_is_named(args: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=rf"\b{named}\b"):
        application(args)


def test_serve_queues_nothing_that_the_service_would_refuse() -> None:
    settings = ServiceSettings()
    options = deployment(settings, ReplicaBounds())
    assert options.max_ongoing_requests > 10 * (
        settings.max_streams + settings.queue_limit + settings.question_limit
    )


def test_open_streams_have_as_long_as_the_settings_say() -> None:
    assert (
        deployment(
            ServiceSettings(shutdown_seconds=60.0), ReplicaBounds()
        )._deployment_config.graceful_shutdown_timeout_s
        > 60.0
    )


def test_a_replica_has_the_cores_that_it_uses_and_a_card_where_it_needs_one() -> None:
    assert deployment(ServiceSettings(threads=3), ReplicaBounds()).ray_actor_options == {
        "num_cpus": 3,
        "num_gpus": 0,
    }
    assert deployment(ServiceSettings(engine="cuda"), ReplicaBounds()).ray_actor_options == {
        "num_cpus": 1,
        "num_gpus": 1,
    }


def test_serve_is_told_of_the_bounds_and_of_the_policy() -> None:
    config = deployment(
        ServiceSettings(), ReplicaBounds(min_replicas=2, max_replicas=5)
    )._deployment_config.autoscaling_config
    assert (config.min_replicas, config.max_replicas) == (2, 5)
    assert config.policy.get_policy().__code__ == scale_by_load.__code__


def test_the_policy_goes_by_what_replicas_tell() -> None:
    assert (
        scale_by_load(
            SimpleNamespace(
                aggregated_metrics={"sonant_load": {"a": 0.9, "b": 0.6}}, target_num_replicas=2
            )
        )[0]
        == 3
    )
    assert scale_by_load(SimpleNamespace(aggregated_metrics=None, target_num_replicas=2))[0] == 2


def test_the_example_fits_serves_schema_and_its_arguments_are_good() -> None:
    config = ServeDeploySchema.model_validate(yaml.safe_load(EXAMPLE.read_text("utf-8")))
    (example,) = config.applications
    assert example.import_path == "service.cluster.ray_serve:application"
    assert settings_of(example.args).shutdown_seconds == 60
    with pytest.raises(ValueError, match="import_path"):
        ServeDeploySchema.model_validate({"applications": [{"name": "sonant"}]})


def test_an_answer_that_is_asked_for_again_has_an_owner_and_a_request_may_name_a_replica() -> None:
    def wanted(path: str, *headers: tuple[bytes, bytes]) -> str | None:
        return wanted_replica({"type": "http", "path": path, "headers": headers})

    assert wanted("/streams/k3x9a0bq.wY4pJ3o0cXkqz8mF2bTn5g") == "k3x9a0bq"
    assert wanted("/synthesize") is None
    assert wanted("/streams/wY4pJ3o0cXkqz8mF2bTn5g") is None
    assert wanted("/metrics", (b"x-replica", b"k3x9a0bq")) == "k3x9a0bq"


def test_a_replica_is_given_up_only_where_its_worker_is_gone_for_good() -> None:
    now, ready = 0.0, True

    def status() -> Status:
        return Status(
            ready=ready, open_streams=0, making=0, queued=0, background=0, places=1, capacity=1.0
        )

    class Worker:
        @property
        def status(self) -> Status:
            return status()

    health = Health(Worker(), patience=10.0, clock=lambda: now)  # type: ignore[arg-type]
    health.check()
    ready, now = False, 5.0
    health.check()
    ready, now = True, 9.0
    health.check()
    ready, now = False, 18.0
    health.check()
    now = 19.5
    with pytest.raises(EngineError, match="no worker"):
        health.check()
