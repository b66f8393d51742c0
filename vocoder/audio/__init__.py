"""Sound in and out: files and streams, samples and codes, spectra and pitch.

file_reading, file_writing, whole_file    recordings on disk, written whole or not at all
formats                       every format that is written or sent
file_encoder, ogg             files written as their sound is made
chapter_marks                 chapters inside a file
loudness, gain                how loud a recording is, and what brings it to a target
pcm, wav                      16-bit integers, and the header of a stream
resample                      another sample rate
emphasis, quantise, decode    samples to codes and back
windows, correction           sound brought to the spectrum that it should have
mel, pitch                    what the networks are conditioned on
linear_prediction             what a spectrum says of the next sample
torchaudio_import             torchaudio beside a torch without CUDA
"""
