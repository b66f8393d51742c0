"""What is said, when, and its samples: a text and a voice to sound.

limits       of a request
settings     how a text is spoken
planning     what is said, and how long it is
timeline     when each sentence, word and phoneme is heard
chapters     when each chapter begins
subtitles    the timeline as WebVTT, SubRip or JSON lines
utterance    a plan's samples, step by step
score        log-likelihood of a recording
voice        a loaded voice: `synthesize`, `stream`, `vocode`, `score`

`Settings` and `Plan` are frozen. A plan has integer frames for each phoneme, at least one each; the
ends are rounded, not the lengths. So `num_samples` is known before any sound exists.

An `Utterance` speaks a series of `Passage`s with one seed. `job(max_samples)` is its next work for
an engine, and never crosses the end of a passage. `accept(codes)` gives int16 samples, maybe fewer
than codes: `position` counts codes, `emitted` samples. `to_bytes` saves it between two jobs. The
network's state runs on through all sentences. Voiced frames are sampled at the voice's
`voiced_temperature_ratio` times the temperature.

`Voice.stream` runs `engine.advance([utterance.job(n)])` and `utterance.accept` until it is
finished. The service does the same with many utterances per call.

Nothing is imported here: `timeline` and `settings` need no torch.
"""
