"""The Range header (RFC 9110, section 14). Pure: one range of bytes, or the whole."""

import re
from typing import Final

from chorus_http.server.problem import ProblemError

_RANGE: Final = re.compile(r"bytes=([0-9]{1,18})?-([0-9]{1,18})?", re.ASCII)


def asked_range(header: str, size: int) -> tuple[int, int] | None:
    """Begin and end (not included) of what is asked for; None for the whole.

    What is no single range of bytes is passed over, as the RFC allows. Raises ProblemError (416) for a
    range that begins beyond the end.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] is None:
        return None
    if match[1] is None:
        if size == 0 < int(match[2]):
            return None  # all that there is was asked for, and no Content-Range can say "nothing"
        begin, end = max(0, size - int(match[2])), size
    else:
        begin, end = int(match[1]), size if match[2] is None else min(size, int(match[2]) + 1)
        if match[2] is not None and int(match[2]) < begin:
            return None
    if begin >= end:
        raise ProblemError(
            416,
            f"there are {size} bytes, and none in that range",
            headers={"content-range": f"bytes */{size}"},
        )
    return begin, end
