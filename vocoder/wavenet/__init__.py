"""The conditional WaveNet: the network, its conditioning and its output distributions.

network             the network in torch: the readable statement, and what trains
weights             its weights as arrays
conditions          what is known of each frame
conditioning        from that to what is added inside the gates, in torch
conditioner         the same for one sentence, in C++; torch_conditioner: by the torch module
prediction          what can be predicted of a sample before the network speaks
predictors          what predictions are made with
distributions       probabilities of codes

`WaveNet.condition` gives float32 [B, F, L, G] once per frame: everything that is added inside the
gates, the bias of the dilated convolution included. `WaveNet.forward(codes [B, T], conditioning
[B, F, L, G], coefficients [B, F, P], lags [B, F])` gives [B, T, O]. Row t is the distribution of
code t given the codes before it. The code before the first is the quantiser's silence. Sample t
uses frame t // hop_length. With H predictions, K taps, dilation d and Q levels:

    x[t]      = embedding[code[t-1]] + sum_h predicted[h][prediction h of t]    (softmax)
                or value(code) * weight + bias for each                         (other outputs)
    pre[l][t] = sum_k conv[l][k] x[l][t - (K-1-k) d] + conditioning[t // hop_length][l]
    z[l][t]   = tanh(pre[:G/2]) * sigmoid(pre[G/2:])
    x[l+1][t] = x[l][t] + residual[l] z[l][t] + residual_bias[l]    (not in the last block)
    skip[t]   = skip_weight [z[0] .. z[L-1]] + skip_bias                        (one product)
    out[t]    = head2 relu(head1 relu(skip) + b1) + b2

The predictions and their value: `prediction`, docs/experiments/vocoder-recipe.md.
`weights`, `conditions`, `conditioner` and `predictors` need numpy alone: with them a CPU speaks.
"""
