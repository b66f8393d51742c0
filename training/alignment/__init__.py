"""Which frames of a recording belong to which phoneme.

align            a hidden Markov model of single phones, trained on the corpus
phoneme_chain    an utterance's phonemes as states, and the best path through them
boundaries       how two alignments differ
alignment_page   an alignment as an HTML page
"""
