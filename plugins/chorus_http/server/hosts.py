"""Which names a client may call this node by. Pure.

A page of the web can point a name of its own at 127.0.0.1 (DNS rebinding) and then speak to us as its own
origin. It cannot do so with an address, nor with a name that is ours.
"""

import ipaddress
import re
from functools import lru_cache
from typing import Final

_HOST: Final = re.compile(rb"(\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::[0-9]{1,5})?")


def host_of(header: bytes) -> str | None:
    """The host in a Host header, without its port, in lower case; None when it is malformed."""
    match = _HOST.fullmatch(header)
    return None if match is None else match[1].decode("ascii").lower().strip("[]").rstrip(".")


@lru_cache(maxsize=64)  # a request asks for it, and nearly all name the same one
def is_ours(host: str, allowed: frozenset[str]) -> bool:
    """Whether `host` is an address, localhost, or one of the allowed names."""
    if host in allowed or host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
