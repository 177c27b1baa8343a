"""The model gateway: what a foreign agent in a sandbox reaches of the world, and all that it reaches."""
