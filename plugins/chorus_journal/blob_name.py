"""Names of blobs. Pure."""

import re
from typing import Final

from chorus_hooks.errors import UsageError

_NAME: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def check_name(sha256: str) -> str:
    """The name itself. Raises UsageError when it is not 64 lower-case hex digits."""
    if not _NAME.fullmatch(sha256):
        raise UsageError(f"{sha256[:80]!r} is no SHA-256", hint="give 64 lower-case hex digits")
    return sha256
