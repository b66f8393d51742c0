"""Phonemes to durations, pitch and mel: what is said, to how it sounds."""
