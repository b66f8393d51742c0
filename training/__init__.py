"""From recordings to a voice pack: prepare, align, train, evaluate, export.

cli, pipeline, stages    `sonant-train`, all of it in one go, and stage by stage
data                 from recordings to a prepared data set
alignment            which frames belong to which phoneme
recogniser           a WaveNet that recognises phonemes
acoustic_task, vocoder_task    what the two models of a voice are trained on
recipe_file, recipes    every hyperparameter, as TOML files
recipe               where a run lives; the vocoder's training by a recipe
loop, stopping       the training loop; stopping it without losing anything
fused_likelihood     likelihoods as a GPU should compute them
carried              training on a machine with torch and numpy alone
monitor, copy_synthesis    what a person sees and hears of a run
estimate, bandwidth  how long training takes; how fast it is
evaluation           how good a voice is; bootstrap: what a rate may be off by
precision_prices     what lower precision costs
intonation           how much flatter a model's melody is
export               a run as a voice pack
html, parallel       pages; jobs over several processes
"""
