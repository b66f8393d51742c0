"""Everything for a GPU: the engine, the acoustic model and the conditioning network, in Triton.

device            which device, and who may start a kernel on it
engine            `CudaEngine`
whole_kernel      the kernel of many streams: a program for the whole network
chain_kernel      the kernel of few streams: programs that own blocks, and hand on
kernel_steps      what both kernels are made of
kernel_shapes     the kernels ready to be launched, and which of them serves
packed_weights    weights as the kernels read them
ring_slots        where the rings of streams live
transfer          what goes to the GPU and comes back
acoustic_model    the acoustic model
conditioning      the conditioning network
layers            layers on the rows of many sentences; layer_kernels: their kernels
ragged_batch      where in a batch the rows of each sentence lie
host_embeddings   embeddings, looked up on the host
dynamic_batcher   calls of many threads, computed together

A sentence's bytes depend on no other row of its batch. Most modules need triton, which is not everywhere, so nothing is imported here.
"""
