"""A real language model on this machine, out of wheels: llama.cpp and SmolLM2, of 135 million parameters."""
