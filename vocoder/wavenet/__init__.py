"""The conditional WaveNet: the network, its conditioning and its output distributions.

network         the network
conditions      what is known of each frame
conditioning    from that to what is added inside the gates
prediction      what can be predicted of a sample before the network speaks
distributions   probabilities of codes
"""
