"""Operations as Starlette routes: one route a path, so that 405 names every method that the path has."""

from collections.abc import Iterable
from typing import Final

from starlette.routing import Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from chorus_http.server.call import Call
from chorus_http.server.operation import Operation
from chorus_http.server.problem import ProblemError

_READING: Final = ("GET", "HEAD")


class Resource:
    """The operations of one path."""

    def __init__(self, side: object, operations: Iterable[Operation]) -> None:
        self._side = side
        self._operations = {operation.method: operation for operation in operations}
        self._allow = ", ".join(sorted({*self._operations, *(["HEAD"] if "GET" in self._operations else [])}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the operation of the request's method."""
        method = scope["method"]
        operation = self._operations.get("GET" if method == "HEAD" else method)
        if operation is None:
            raise ProblemError(405, f"{method} is not allowed here", headers={"allow": self._allow})
        scope["chorus.route"] = operation.path
        call = Call(scope, receive, operation, scope["path_params"], scope["chorus.traceparent"])
        answer = await operation.handler(self._side, call)
        await answer.send(scope, receive, send)


def application(side: object, operations: Iterable[Operation]) -> ASGIApp:
    """The application that has these operations, and knows nothing else. `side` is handed to each."""
    by_path: dict[str, list[Operation]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, []).append(operation)
    routes = [Route(_starlette(path), Resource(side, found)) for path, found in by_path.items()]
    return Router(routes, redirect_slashes=False, default=_nothing)


def _starlette(path: str) -> str:
    """Starlette's form: a last part named `path` may have slashes in it."""
    return path.removesuffix("{path}") + "{path:path}" if path.endswith("{path}") else path


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    raise ProblemError(404, "there is nothing at this path", hint="/docs shows what there is")
