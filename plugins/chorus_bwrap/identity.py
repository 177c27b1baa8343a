"""Whose processes the sandbox's are, seen from this machine: the caller's, and never root's."""

import os
from typing import Any

NOBODY = 65534


def as_nobody() -> dict[str, Any]:
    """What `subprocess` needs to start a program without root's rights; nothing when we are not root."""
    if os.geteuid() != 0:
        return {}
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []}
