"""From recordings to a voice pack: prepare, align, train, evaluate, export."""
