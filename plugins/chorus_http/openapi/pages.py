"""What needs no token: the OpenAPI document, the page that shows it, and the way to it."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from chorus_hooks.route import Answer
from chorus_http.openapi.page import POLICY, page_of
from chorus_http.server.answer import Whole, tagged
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.operation import Handler, Operation

HTML: Final = "text/html; charset=utf-8"
_FRESH: Final = "no-cache"


def page_operations(document: Mapping[str, Any]) -> tuple[Operation, ...]:
    """The pages of a document. They are made once."""
    page_headers = {"cache-control": _FRESH, "content-security-policy": POLICY, "x-frame-options": "DENY"}
    raw = Whole(msgspec.json.encode(document), headers={"cache-control": _FRESH})
    page = Whole(page_of(document).encode(), 200, HTML, page_headers)
    away = Whole(b"", 307, HTML, {"location": "/docs", "cache-control": _FRESH})
    return tuple(
        Operation("GET", path, summary, _always(answer), (Answer(answer.status, summary),), "docs", open=True)
        for path, summary, answer in (
            ("/openapi.json", "The OpenAPI document", raw),
            ("/docs", "The documentation", page),
            ("/", "The way to the documentation", away),
        )
    )


def _always(answer: Whole) -> Handler:
    whole = tagged(answer, "") if answer.status == 200 else answer

    async def handle(side: object, call: Call) -> Whole:
        call.query(NO_QUERY)
        return (
            whole
            if whole.status != 200
            else tagged(whole, call.header(b"if-none-match"), whole.headers["etag"])
        )

    return handle
