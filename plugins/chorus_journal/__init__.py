"""The node's memory: an append-only Merkle log, views beside it, and content-addressed blobs."""
