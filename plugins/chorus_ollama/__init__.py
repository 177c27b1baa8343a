"""Language models of an Ollama server, over Ollama's own API (its docs/api.md)."""
