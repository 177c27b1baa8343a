"""The journals of other nodes: copied, verified at every step, and handed on to whoever asks."""
