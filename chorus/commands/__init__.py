"""The commands that belong to the core."""
