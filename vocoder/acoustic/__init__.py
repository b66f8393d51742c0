"""Phonemes to durations, pitch and mel: how what is said sounds.

model       the acoustic model in torch: the readable statement, and what trains
weights     its weights as arrays; native_model: what speaks with them, in C++
frames      rows per phoneme to rows per frame
harmonics   where the harmonics of an F0 lie, as the decoder sees them
melody      what is done to the predicted pitch by rule
pauses      the shortest length of a pause

`Acoustic.durations` gives frames per phoneme, float32 [P], before scaling. `conditions` gives
every frame of a sentence: log-mel, log-F0, voicing, and the features of its phoneme. Both are
deterministic, with batch size 1 and one torch thread. The model is trained as a regression; then
its decoder is trained against discriminators (`training.adversarial_task`) for sharp spectra.

Rules follow the predictions. `melody` applies the voice's intonation and the rise of yes-no
questions, which a corpus of read statements does not teach. `pauses` is part of the plan, so
lengths stay exact.

`NativeAcousticModel` computes in C++ (`vocoder/native/layers`), to within 2e-5 of torch, each sum
in one order whatever frames are beside it. It needs no torch.
"""
