"""The process of the event loop: keeps streams alive and workers running.

speech_backend     what the routes know of all this
supervisor         streams, questions and workers together
admission          who may begin; client_limits: how much one client may have
worker_pool        one worker that works and one in reserve; worker_process: a worker as a process
open_streams, open_stream, open_queries    what is kept of each stream and query, to make it again
live_stream        one stream between worker and response
lexicon_store      the lexicons of the voices, in files
"""
