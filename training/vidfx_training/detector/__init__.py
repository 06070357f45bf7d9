"""A small face detector of our own: its network, its pictures and its training."""
