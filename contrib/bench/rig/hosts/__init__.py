"""Machines for measurements and tests: nodes in network namespaces, and wires that can be cut."""
