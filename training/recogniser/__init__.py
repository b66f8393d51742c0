"""A WaveNet that recognises phonemes from the waveform (van den Oord et al. 2016, arXiv 1609.03499,
section 3.4).

network    the dilated stack, pooled to frames, and its two outputs: the next sample's distribution
           and the frame's phoneme
task       how it is trained: both losses at once, by `training.loop`
decoding   frames to a row of phonemes, and how far that is from the true row
measure    the phoneme error rate on held-out utterances
alignment  which frames belong to which phoneme, given the text

All but `alignment` need torch and numpy alone.
"""
