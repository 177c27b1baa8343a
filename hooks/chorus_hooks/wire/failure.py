"""Errors across the wire: a code there and back. Pure."""

from collections.abc import Mapping
from typing import Final

from chorus_hooks.errors import (
    Busy,
    ChorusError,
    Conflict,
    Full,
    NotFound,
    Refused,
    Unreachable,
    UsageError,
    WorkFailed,
)

_RETRY_S: Final = 1.0
_BY_CODE: Final[Mapping[str, type[ChorusError]]] = {
    kind.code: kind for kind in (WorkFailed, UsageError, Unreachable, NotFound, Refused, Full, Conflict)
}


def remote_error(code: str, message: str) -> ChorusError:
    """What a peer answered with, as if it had been raised here. An unknown code is a plain failure."""
    if code == Busy.code:
        return Busy(message, retry_after=_RETRY_S)
    return _BY_CODE.get(code, ChorusError)(message)
