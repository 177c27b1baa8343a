"""For benchmarks and fault tests only: a sandbox backend that runs nothing, and says that all went well."""
