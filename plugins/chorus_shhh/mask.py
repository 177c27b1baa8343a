"""What may be shown of a secret. Pure."""


def mask(secret: str) -> str:
    """At most four first characters, never more than a fifth, and the length: `ghp_… (40 characters)`."""
    shown = "".join(char if char.isprintable() else "?" for char in secret[: min(4, len(secret) // 5)])
    return f"{shown}… ({len(secret)} characters)"
