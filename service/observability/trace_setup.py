"""Whether anybody asks for traces, and what makes them then."""

from __future__ import annotations

import os

from service.observability.traces import NO_TRACES, Traces
from service.settings import ServiceSettings
from vocoder.errors import ConfigError

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
_PROTOCOL = "http/protobuf"


def make_traces(settings: ServiceSettings) -> Traces:
    """What the settings ask for, or where they say nothing, the environment: OpenTelemetry's
    variables of the exporter, the sampler and the resource.

    Raises:
        ConfigError: what is asked for cannot be had.
    """
    who = _who_asks(settings)
    if who is None:
        return NO_TRACES
    try:
        # here and not above: nobody else needs OpenTelemetry
        from service.observability.telemetry import (
            OpenTelemetryTraces,
        )
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "opentelemetry":
            raise  # a defect of ours, not something to install
        raise ConfigError(
            f"{who} asks for traces, which need {error.name}, which is not installed: pip "
            f"install 'sonant[telemetry]'"
        ) from error
    return OpenTelemetryTraces.exporting(settings.otlp_endpoint)


def _who_asks(settings: ServiceSettings) -> str | None:
    """What of the settings or of the environment asks for traces."""
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "")
    if os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or exporter == "none":
        return None
    who = (
        "otlp_endpoint"
        if settings.otlp_endpoint
        else next((name for name in _ENDPOINTS if os.environ.get(name)), None)
    )
    who = who or ("OTEL_TRACES_EXPORTER" if exporter else None)
    if who is None:
        return None
    if exporter not in {"", "otlp"}:
        raise ConfigError(
            f"OTEL_TRACES_EXPORTER must be otlp or none, not {exporter!r}: there is no other "
            f"exporter here"
        )
    for name in _PROTOCOLS:
        if os.environ.get(name, _PROTOCOL) != _PROTOCOL:
            raise ConfigError(
                f"{name} must be {_PROTOCOL}, not {os.environ[name]!r}: there is no other here"
            )
    return who
