"""The agent loop: a model works towards a goal in a sandbox, one action at a time."""
