"""The service: speech over HTTP, streamed as it is generated.

app             the ASGI application, with a worker that lives as long as it does
server          running it: load, listen, stop
settings        every number that an operator decides
keys            API keys

http            requests and responses, the WebSocket, middleware
frontend        the process of the event loop: supervisor, workers, admission, open streams
worker          the worker process: plans, schedules, generates
protocol        what the two processes say to each other
encoding        sample rates, containers and codecs
compatible      the HTTP APIs of OpenAI, Piper and Coqui
wyoming         the Wyoming protocol, for Home Assistant
jobs            lists of texts, spoken in the background
observability   logs, metrics, traces, status
cluster         the service as an application of Ray Serve
page            the page at /

Two processes share the work. The frontend has the event loop and all routes. The worker has voices
and engine; a second worker is loaded as standby. Plain data pass through one pipe.

    frontend   admission -> order with seed -> ... sound, snapshots ... -> encoder -> client
    worker                  planner -> scheduler -> generator

When a worker dies, the next one regenerates each open stream from its last snapshot. What has
arrived is dropped, so clients get the same bytes.

Nothing is imported here: a worker needs no web framework, and loads sooner without it.
"""
