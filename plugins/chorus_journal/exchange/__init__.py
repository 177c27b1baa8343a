"""Blobs from and for peers, over `/chorus/blob/1`."""
