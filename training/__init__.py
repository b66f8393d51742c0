"""From recordings to a voice pack: prepare, align, train, evaluate, export.

cli, pipeline, stages    `sonant-train`: the commands, all in one go, stage by stage
data                 from recordings to a prepared data set
alignment            which frames belong to which phoneme
recogniser           a WaveNet that recognises phonemes
acoustic             what the acoustic model is trained on, twice; its melody
vocoder_task         what the vocoder is trained on
density              training WaveNet's relatives (`vocoder.density`)
recipe_file, recipes    every hyperparameter, as TOML files
recipe               where a run lives; the vocoder's training by a recipe
loop, stopping       the training loop; stopping it between two updates
fused_likelihood     likelihoods as a GPU should compute them
carried              training on a machine with torch and numpy alone
monitor, copy_synthesis    what a person sees and hears of a run
estimate, bandwidth  how long training takes; how fast it is
evaluation           how good a voice is; bootstrap: confidence intervals
precision_prices     what lower precision costs
export               a run as a voice pack
html, parallel       pages; jobs over several processes

On a GPU the host draws a batch as a few numbers per segment; the data set lies on the GPU
(`data.gpu_dataset`). Codes and predictors are computed once on the host, by the functions of CPU
training. So the codes are the same on either. Metrics are read every 20 steps, because each reading
waits for the GPU.
"""
