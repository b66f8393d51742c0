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

Nothing is imported here: `timeline` and `settings` need no torch.
"""
