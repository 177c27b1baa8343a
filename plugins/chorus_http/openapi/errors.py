"""Which errors an operation may answer, beside its own: what every request can run into. Pure."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from chorus_http.server.operation import Operation
from chorus_http.server.problem import ProblemError, encode

_ANY: Final = {
    422: "The query, a header or the body breaks a rule",
    503: "The node is starting or stopping, or too much is under way",
}
_GUARDED: Final = {401: "No token, or not the node's", 421: "The node is not known by that name"}
_BODY: Final = {
    408: "The body came too slowly",
    413: "The body is too large",
    415: "The body is not JSON",
}
_EXAMPLES: Final = {
    401: (
        "a request needs the node's token",
        "Authorization: Bearer TOKEN, with what is in api-token in the state dir",
    ),
    404: ("there is no task 6f1c0f5e", "chorus task list shows the tasks of this state dir"),
    409: ("the idempotency key belongs to another task", "use another key for another task"),
    421: ("this node is not known by that name", "use its address, or allow the name with CHORUS_API_HOSTS"),
    422: ("the body cannot be taken: Object contains unknown field `comands`", ""),
    429: ("10000 tasks wait already", "try again in 5 s"),
    503: ("the node is stopping", "try again in 1 s"),
}


def errors_of(operation: Operation) -> Mapping[int, str]:
    """By status, what each means."""
    found = dict(_ANY)
    if not operation.open:
        found |= _GUARDED
    if operation.body is not None:
        found |= _BODY
    return {**found, **operation.errors}


def problem_example(status: int, meaning: str) -> Any:
    """A problem document of that status."""
    codes = {403: "refused", 409: "conflict", 429: "busy"}
    detail, hint = _EXAMPLES.get(status, (meaning[0].lower() + meaning[1:], ""))
    error = ProblemError(status, detail, hint=hint, code=codes.get(status, ""))
    return msgspec.json.decode(encode(error, "0af7651916cd43dd8448eb211c80319c"))
