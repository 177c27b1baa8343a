"""Who this node is: one Ed25519 key in a private file, and the libp2p peer id that follows from it."""
