"""One operation of the API, declared: what it takes, what it may answer, and who does it.

Starlette's routes and the OpenAPI document are both made from these.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from chorus_hooks.route import Answer, Method
from chorus_http.server.answer import Answered

if TYPE_CHECKING:
    from chorus_http.server.call import Call

Handler = Callable[[Any, "Call"], Awaitable[Answered]]


@dataclass(frozen=True)
class Parameter:
    """A header or a part of the path, as it is documented. `schema` is JSON Schema."""

    name: str
    place: Literal["header", "path"]
    meaning: str
    schema: Mapping[str, object] = field(default_factory=lambda: {"type": "string"})
    example: object = None


@dataclass(frozen=True)
class Operation:
    """`METHOD PATH`, the whole path. `handler` runs on the island.

    The first argument of the handler is what the routes of its port work with (`NodeSide`). `query` and
    `body` are msgspec structs that refuse unknown fields. With `upload` the body is bytes, which the handler
    reads itself. `errors` are the statuses, beside those that any operation may answer, that come as problem
    documents.
    """

    method: Method
    path: str
    summary: str
    handler: Handler
    answers: tuple[Answer, ...]
    tag: str
    description: str = ""
    query: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    examples: Mapping[str, object] = field(default_factory=dict)
    upload: bool = False
    parameters: tuple[Parameter, ...] = ()
    errors: Mapping[int, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    open: bool = False

    @property
    def name(self) -> str:
        """An id that is unique in the document: `get_tasks_id`."""
        words = [word.strip("{}").partition(":")[0] for word in self.path.split("/")]
        return "_".join([self.method.lower(), *(word for word in words if word not in ("", "api", "v1"))])
