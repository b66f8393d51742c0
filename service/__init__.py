"""The service: speech over HTTP, streamed as it is generated.

app             the ASGI application, with a worker that lives as long as it does
server          running it: load, listen, stop
settings        what whoever runs the service decides
keys            API keys

http            requests and responses, the WebSocket, middleware
frontend        the process of the event loop: supervisor, workers, admission, open streams
worker          the worker process: plans, schedules, generates
protocol        what the two processes say to each other
encoding        sample rates, containers and codecs
jobs            lists of texts, spoken in the background
observability   logs, metrics, traces, status
cluster         the service as an application of Ray Serve
page            the page at /

Nothing is imported here: a worker process needs no web framework, and loads sooner without it.
"""
