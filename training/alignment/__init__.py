"""Which frames of a recording belong to which phoneme.

align            a hidden Markov model of single phones, trained on the corpus
phoneme_chain    an utterance's phonemes as states, and the best path through them
boundaries       how two alignments differ
alignment_page   an alignment as an HTML page

`build_chain` gives the states that an utterance may pass, `viterbi` the best path, and
`write_alignment` stores it. Anything that gives log-likelihoods of frames in these states can
align: the mixtures of `align`, or the posteriors of `training.recogniser` divided by priors. The
header states which did (`aligned_by`), because it sets the scale of the scores.
"""
