"""Messages between the frontend and the worker process: plain data, pickled.

messages       every message
speech_order   a text to be spoken, and who can speak it
queries        requests without audio, and their answers
saved_stream   a stream's state between two jobs
capacity       how fast speech is made

`Capacity` has a rate for each number of streams in a step, times a slowness that every step
corrects. It goes to the frontend with each `Heartbeat`, and limits both steps and admission.
"""
