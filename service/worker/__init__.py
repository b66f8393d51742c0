"""The worker process: turns orders into sound. The only room of the service that imports torch.

worker            voices, engines and threads together
worker_state      which streams and queries there are, guarded by one lock
planner           texts to plans
scheduler         which streams share the next engine call
generator         runs the engine calls and sends the sound
query_handler     answers queries; phonemize: how a text is read
scoring_queue     recordings that are scored between engine calls
time_slices       threads that interleave long tasks
loaded_voices     voices by name
sentence_times    which sentences have begun
warm_up           first use of a voice, and how fast it is
"""
