"""Requests and responses: routes, the WebSocket, middleware, and errors as HTTP.

routes, lexicon_routes, score_routes          our addresses
schemas, lexicon_field     what a request may hold
request_body               from bytes to a checked request
request_context            what a request says beside its body: client, wait, connection
middleware                 request id, API key, log line
error_responses            errors to HTTP answers
speech_responder           from an order to a response with sound, and the same response again
audio_response             sound on the wire
resume_cache, etag, byte_ranges, preconditions    the same bytes again, whole or in part
websocket, websocket_messages, incremental_text    text while it is written, over a WebSocket
tasks                      cancelling tasks
"""
