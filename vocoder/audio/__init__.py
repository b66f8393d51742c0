"""Sound in and out: files and streams, samples and codes, spectra and pitch.

file_reading, file_writing, whole_file    recordings on disk, written whole or not at all
formats                       every format that is written or sent
file_encoder, ogg             files written while their sound is made
chapter_marks                 chapters inside a file
loudness, gain                loudness of a recording, and the gain to a target
pcm, wav                      16-bit integers, and the header of a stream
resample                      another sample rate
emphasis, quantise, decode    samples to codes and back; second_order: a recursive filter
windows, correction           sound brought to the spectrum that it should have
mel, pitch                    what the networks are conditioned on
linear_prediction             what a spectrum says of the next sample
torchaudio_import             torchaudio beside a torch without CUDA

Samples are float32 in -1..1 inside, and int16 with full scale 32768 outside. Codes are integers in
0..Q-1: mu-law for the softmax output, linear for the logistic mixture and the Gaussian. Both of
these are discretised, so every output has exact probabilities of codes. Pre-emphasis comes before
coding, its inverse after decoding.

`PcmDecoder.decode(codes, log_mel, state)` gives int16 samples and the next `DecoderState`. Its last
step but one is the spectral correction: each band is multiplied by what it lacks of the spectrum
that it was conditioned on. It looks ahead, by 40 ms for each of the voice's `correction_passes` at
the default frame size. So samples leave some frames after their codes, and the last codes bring the
rest. Codes and likelihoods do not change.

A WAV header has 44 bytes (`wav_header`), the same for files, standard output and HTTP.
`vocoder/native/frames` computes windows and linear prediction in C++, without fused
multiply-adds. So the bits are the same on every instruction set, Arm included.
"""
