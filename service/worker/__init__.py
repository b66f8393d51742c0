"""The worker process: turns orders into sound. The only folder of the service that imports torch.

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

The planner also computes the first sentence's conditioning. The generator asks the scheduler for a
batch step, and runs it. Deadlines count delivered samples, not codes.

An engine on a GPU has two steps in flight; the codes of one are decoded while the other runs. A
step costs the GPU the same whoever shares it, and costs the host time per chunk. So chunks are
longer the more streams share a step. Separate short steps for new streams were tried; they kept the
GPU from the others, who stuttered (`benchmarks/host.py --microseconds 30 --real-time`).
"""
