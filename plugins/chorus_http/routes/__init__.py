"""What a node answers, one file a noun. Each route is one declared `Operation`."""
