"""Errors as problem documents (RFC 9457). Pure.

`type` is about:blank and `title` the status' own phrase; `code` and `hint` are what `--json` errors of the
commands have, and `trace_id` finds the log lines of the request.
"""

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from chorus_hooks.errors import (
    Busy,
    ChorusError,
    Conflict,
    Full,
    NotFound,
    Refused,
    Unreachable,
    UsageError,
)

MEDIA_TYPE: Final = "application/problem+json"
RETRY_S: Final = 1
"""After this many seconds a node that is starting or stopping is worth asking again."""

_STATUS: Final[tuple[tuple[type[ChorusError], int], ...]] = (
    (UsageError, 422),
    (NotFound, 404),
    (Conflict, 409),
    (Busy, 429),
    (Full, 503),
    (Refused, 403),
    (Unreachable, 503),
)
_CODES: Final[Mapping[int, str]] = {
    400: "usage",
    401: "refused",
    404: "not_found",
    405: "usage",
    408: "usage",
    413: "refused",
    415: "usage",
    416: "usage",
    421: "refused",
    422: "usage",
    431: "refused",
    503: "unreachable",
}


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong (RFC 9457), and what to do about it."""

    type: Annotated[str, Meta(description="Always about:blank: the status says the kind")] = "about:blank"
    title: Annotated[str, Meta(description="The phrase of the status")]
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: Annotated[str, Meta(description="What happened, in a line")]
    code: Annotated[str, Meta(description="The code of this error in the reference")]
    hint: Annotated[str, Meta(description="What to do")] = ""
    trace_id: Annotated[str, Meta(description="Finds the request in the node's log")] = ""


class ProblemError(Exception):
    """An answer that says no, raised where that is found."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        hint: str = "",
        code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.hint = hint
        self.code = code or _CODES.get(status, ChorusError.code)
        self.headers = dict(headers or {})


def problem_of(error: ChorusError) -> ProblemError:
    """An error of ours with the status of its class."""
    status = next((status for kind, status in _STATUS if isinstance(error, kind)), 500)
    headers = {}
    if isinstance(error, Busy):
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after)))
    elif status == 503:
        headers["retry-after"] = str(RETRY_S)
    return ProblemError(status, error.message, hint=error.hint, code=error.code, headers=headers)


def unavailable(detail: str, *, hint: str = "", after: int = RETRY_S) -> ProblemError:
    """503, to be tried again."""
    return ProblemError(
        503, detail, hint=hint or f"try again in {after} s", headers={"retry-after": str(after)}
    )


def encode(error: ProblemError, trace_id: str = "") -> bytes:
    """The document."""
    return msgspec.json.encode(
        {
            "type": "about:blank",
            "title": HTTPStatus(error.status).phrase,
            "status": error.status,
            "detail": error.detail,
            "code": error.code,
            **({"hint": error.hint} if error.hint else {}),
            **({"trace_id": trace_id} if trace_id else {}),
        }
    )
