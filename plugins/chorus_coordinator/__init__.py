"""Tasks of this state dir: a small control log, the view that follows from it, and the worker."""
