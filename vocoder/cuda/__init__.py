"""Everything for a GPU: the engine, the acoustic model and the conditioning network, in Triton.

device            which device, and who may start a kernel on it
engine            `CudaEngine`
whole_kernel      the kernel for many streams: a program for the whole network
chain_kernel      the kernel for few streams: programs that own blocks, and hand on
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

A launch advances all streams of a call by all their samples. Every product has sixteen rows, one
per stream, however many streams there are: then a row depends on no other. Both kernels take their
steps from `kernel_steps`, compiled without fusing what stands apart, so they give the same bytes.
Each is timed for each number of streams, and the faster serves.

Rings stay on the GPU. `Engine.adopt` turns a state from bytes into a `ResidentState`; its rings are
fetched when somebody asks for its bytes. Codes come back through pinned memory on one of two CUDA
streams, while the next call runs on the other.

The acoustic model and the conditioning network compute the sentences of all waiting threads
together. Libraries choose an algorithm by shape; these layers do not. They are two Triton kernels
with fixed tiles: sixteen rows of one sentence by 32 outputs. A sentence begins with a tile of its
own. Sums are fp32, fused multiply-adds in the order of taps and inputs; nothing else is fused. The
last product of the conditioning stays on the GPU (`Engine.resident_conditioning`).

Tests interpret the kernels on the CPU, the programs of a chain also as processes on shared memory.
They also compile them to machine code, because interpreted code may still not compile. No kernel
has run on a GPU yet: docs/GPU.md.

Most modules need Triton, so nothing is imported here.
"""
