"""Sonant over HTTP: streams speech as it is generated.

In the process of the event loop:

routes, openai_routes, recordings, app, server
page_routes the page at /, with its files in page/
schemas     what a request may hold
body        from bytes to a checked request
asking      what a request says beside its body
problems    errors to HTTP
gate        what every request goes through: its id, its key, its line in the log; keys, logs
speaking    from an order to an answer with sound, and the same answer again; shelf, etag, ranges
live        text while it is being written, over a WebSocket; live_messages, pieces
encoding    formats and rates
response    sound on the wire
stream      one live stream, between worker and response
orders      what the routes ask, as plain data; questions: what they ask beside sound, and the answers
admission   who may begin; clients: how much one of them may have
supervisor  keeps streams alive and a worker at work; open_stream, open_questions: what it keeps of each
replicas    how many of it there should be, where there are several; ray_serve, ray_router: the service as an application of Ray Serve
process     a worker's process, as the supervisor sees it
status      what is being done; metrics: what has been done

In the worker's process:

worker      voices, engines, threads: the only module that imports torch
reading     how a text is read, as it is told
judging     recordings that are scored in the gaps
scheduler   whose turn it is
capacity    how fast speech is made here

Between them: messages. For all: settings, what whoever runs the service decides.

Nothing is imported here: a worker's process has no use for the web framework, and loads sooner without it.
"""
