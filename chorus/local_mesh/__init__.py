"""Several nodes of one mesh on one machine, each a process with a state dir of its own: `chorus up`."""
