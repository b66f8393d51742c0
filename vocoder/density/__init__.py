"""Autoregressive density models: p(x) as the product of p(x_i | x before i), scored and sampled.

distributions     p(x_i | x before i) given a network's outputs, discretised exactly; WaveNet's too
config            a model as plain data: kind, size, data
model             the interface: `log_prob`, `sample`, `order`; completions; the sampling loop
image_model       what models of images share
conditioning      what a model is given: a class, a vector, a map (a spectrum)
masked            linear layers and convolutions whose weights are masked
cache             convolutions computed one place at a time
fvsbn             fully visible sigmoid belief network
nade              NADE and RNADE
made              autoregressive autoencoder for any order of dependence, and MADE
pixel_cnn         PixelCNN
row_lstm          PixelRNN: Row LSTM
diagonal_bilstm   PixelRNN: Diagonal BiLSTM
gated_pixel_cnn   Gated PixelCNN
autoencoder       PixelCNN autoencoder
wavenet           WaveNet behind the same interface
receptive_field   which dimensions another one depends on, by backpropagation

Needs torch and numpy alone. Speech uses only `distributions` from here. See docs/DENSITIES.md.
"""
