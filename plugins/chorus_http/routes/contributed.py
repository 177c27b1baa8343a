"""Routes that other plugins registered: their handlers run in trio, and see no web framework."""

from collections.abc import Collection, Iterable
from typing import Final

from chorus_hooks.route import Answer, Reply, Request, Route
from chorus_http.routes.tasks import IF_NONE_MATCH, NOT_MODIFIED
from chorus_http.server.answer import JSON, Whole, json_answer, tagged
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Handler, Operation, Parameter

BASE: Final = "/api/v1"


def operations_of(routes: Iterable[Route]) -> tuple[Operation, ...]:
    """Each route as an operation."""
    return tuple(map(_operation, routes))


def _operation(route: Route) -> Operation:
    problems = {answer.status: answer.meaning for answer in route.answers if _is_problem(answer)}
    answers = tuple(answer for answer in route.answers if not _is_problem(answer))
    parameters = tuple(_parameters(route.path))
    tags = _is_tagged(route.method, {answer.status for answer in answers})
    return Operation(
        route.method,
        BASE + route.path,
        route.summary,
        _handler(route),
        (*answers, NOT_MODIFIED) if tags else answers,
        route.tag or "more",
        query=route.query,
        body=route.body,
        examples=route.examples,
        parameters=(*parameters, IF_NONE_MATCH) if tags else parameters,
        errors=problems,
        headers={"ETag": "Changes with the content"} if tags else {},
    )


def _is_problem(answer: Answer) -> bool:
    return answer.status >= 400 and answer.body is None


def _is_tagged(method: str, statuses: Collection[int]) -> bool:
    """Whether the client may already have what it asks for."""
    return method == "GET" and 200 in statuses


def _parameters(path: str) -> Iterable[Parameter]:
    for part in path.split("/"):
        if part.startswith("{") and part.endswith("}"):
            yield Parameter(part[1:-1], "path", "")


def _handler(route: Route) -> Handler:
    async def handle(side: NodeSide, call: Call) -> Whole:
        request = Request(
            path=dict(call.path),
            query=call.query(route.query or NO_QUERY),
            body=None if route.body is None else await call.json(route.body),
            headers={
                name.decode("latin-1"): value.decode("latin-1") for name, value in call.scope["headers"]
            },
        )
        answer = _answer(await side.hop(_run, side, route, request))
        if _is_tagged(route.method, (answer.status,)):
            return tagged(answer, call.header(b"if-none-match"), answer.headers.get("etag", ""))
        return answer

    return handle


async def _run(side: NodeSide, route: Route, request: Request) -> Reply:
    """In trio."""
    return await route.handler(side.contributions.capabilities((*route.requires, *route.optional)), request)


def _answer(reply: Reply) -> Whole:
    headers = {name.lower(): value for name, value in reply.headers.items()}
    kind = headers.pop("content-type", "")
    if isinstance(reply.body, bytes):
        return Whole(reply.body, reply.status, kind or "application/octet-stream", headers)
    answer = json_answer(reply.body, reply.status, headers=headers)
    return Whole(answer.body, reply.status, kind or JSON, headers)
