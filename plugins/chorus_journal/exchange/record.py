"""The names of blobs in the records of who has what."""


def record_key(sha256: str) -> str:
    """The key under which holders are found."""
    return f"/chorus-blob/{sha256}"
