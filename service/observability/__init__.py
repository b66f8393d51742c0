"""What the service says of itself: logs, metrics, traces, status.

logs          where log lines go
status        what is being done now
metrics       what has been done, for Prometheus
traces        the interface of traces; trace_setup: who asks for them; telemetry: OpenTelemetry
"""
