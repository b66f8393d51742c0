"""The process of the event loop: keeps streams alive and workers running.

speech_backend     what the routes know of all this
supervisor         streams, queries and workers together
admission          who may begin; client_limits: how much one client may have
worker_pool        one active worker and one in reserve; worker_process: a worker as a process
open_streams, open_stream, open_queries    what is kept of each stream and query, to make it again
live_stream        one stream between worker and response
piece_opener       the streams of text that arrives in pieces
voice_choice       the voice that a foreign protocol names
lexicon_store      the lexicons of the voices, in files

Of every open stream three things are kept: its order with the seed, how much sound has arrived, and
its last snapshot (`Utterance.to_bytes`). The measured capacity outlives the worker.

Tests run a worker in their own process (`tests/service/local_link.py`), with an engine that they
can hold. `tests/service/frontend/test_worker_process.py` kills real workers.
"""
