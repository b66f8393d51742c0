"""From recordings to what a training loop reads.

corpus         recordings and their texts, from LJSpeech's layout or torchaudio's classes
corpus_check   what is wrong with a corpus
prepare        high-pass, level, trim, features
dataset        a prepared data set: flat arrays, mapped
segments       how segments are drawn, and their codes
gpu_dataset    a data set on a GPU
predict        features predicted by the acoustic model, for the vocoder to train on
pitch_shift    recordings at another pitch
likelihood     how probable recordings are under a voice
outliers       recordings that stand out, and setting them aside

A `DatasetEntry` with `set_aside`, the reason, stays in the data set. Nothing is trained on it,
because `PreparedSet.entries` leaves it out; `header.entries` has it still. Held-out entries are
never set aside.
"""
