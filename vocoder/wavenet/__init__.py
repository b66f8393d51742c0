"""The conditional WaveNet: the network, its conditioning and its output distributions."""
