"""A route that a plugin adds to the HTTP API. No web framework is seen: structs in, structs out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from chorus_hooks.service import Capabilities

Method = Literal["GET", "POST", "PUT", "DELETE"]


@dataclass(frozen=True)
class Request:
    """One request, checked: `query` and `body` are instances of the structs that the route declares.

    Header names are in lower case. `path` are the values of the `{…}` in the route's path.
    """

    path: Mapping[str, str]
    query: Any
    body: Any
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Reply:
    """The answer: `body` is encoded as JSON, or sent as it is when it is bytes."""

    body: object
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """One documented outcome of a route: what it means, the type of its body, and an example of it."""

    status: int
    meaning: str
    body: Any = None
    example: object = None
    media_type: str = "application/json"


@dataclass(frozen=True)
class Route:
    """`METHOD /api/v1PATH`. `handler` runs in trio, with the capabilities of `requires` and `optional`.

    A ChorusError becomes a problem document (RFC 9457) with the status of its class: of `answers` it needs
    the status and what it means there, and what every route may say (401, 421, 422, 503) needs none.
    A GET has an entity tag. `query` and `body` are msgspec structs that refuse unknown fields, with
    their rules in `msgspec.Meta`. `examples` are of the body.
    """

    method: Method
    path: str
    summary: str
    handler: Callable[[Capabilities, Request], Awaitable[Reply]]
    answers: tuple[Answer, ...]
    requires: tuple[type[Any], ...] = ()
    tag: str = ""
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    examples: Mapping[str, object] = field(default_factory=dict)
    optional: tuple[type[Any], ...] = ()
