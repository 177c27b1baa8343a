"""SHHH: keeps secrets out of what is kept for ever. A first gate; it finds, it does not redact."""
