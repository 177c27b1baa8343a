"""What plugin authors test with: conformance suites for every Protocol. Needs pytest and anyio."""
