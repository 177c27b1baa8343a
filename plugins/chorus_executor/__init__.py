"""From a directory to a packed source, and from a task to its result: what a worker does."""
