"""Training of the acoustic model: first as a regression, then its decoder against discriminators.

regression       durations, pitch, voicing and log-mel by their errors
adversarial      sharp spectra: the decoder against discriminators
discriminators   networks that tell recorded log-mels from predicted ones
harmonic_table   the table of harmonics that the decoder sees
intonation       how much flatter a model's melody is than the recordings'
"""
