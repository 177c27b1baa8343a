"""What benchmarks and fault tests share: a node, a client, a load generator, the null sandbox."""
