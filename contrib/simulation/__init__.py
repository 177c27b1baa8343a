"""Nodes on a simulated network, disk and clock: one seed is one history. See README.md."""
