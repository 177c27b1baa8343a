"""The client of the HTTP API: what a command uses in place of the local services when a node is up."""
