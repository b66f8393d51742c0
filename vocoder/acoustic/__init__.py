"""Phonemes to durations, pitch and mel: how what is said sounds.

model     the acoustic model
frames    rows per phoneme to rows per frame
melody    what is done to the predicted pitch
pauses    how long a pause lasts at least
"""
