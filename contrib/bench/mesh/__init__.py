"""The benches of the mesh, on loopback: real nodes, each in a process of its own. `make bench-mesh`."""
