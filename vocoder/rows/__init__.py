"""Layers on rows of many sentences at once, on a card, such that a sentence's bytes do not depend on its company.

gathering   calls of many threads that wait for one another are computed together
card        which device, and who may start a kernel on it
embedded    embeddings, looked up on the host
ragged      where in a batch the rows of each sentence lie
kernels     a convolution and a layer norm, in Triton
layers      weights packed for them, and their calls

`kernels` and `layers` import triton, which is not everywhere, so nothing is imported here.
"""
