"""A request's query and body: checked, bounded in bytes and in time, whatever the client claims."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from chorus_http.routes.tasks import OPERATIONS
from chorus_http.server.answer import Abandoned
from chorus_http.server.call import BODY_S, MAX_BODY, MIN_PIECE, NO_QUERY, Call, parse_query
from chorus_http.server.problem import ProblemError


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    word: str = ""
    many: Annotated[int, Meta(ge=0)] = 0
    follow: bool = True
    state: Literal["waiting", "running"] | None = None


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    more: Any = None


class Client:
    """Sends pieces, each after a pause in seconds; then it is silent, or has gone when `gone`."""

    def __init__(self, *pieces: bytes, every_s: float = 0.0, end: bool = True, gone: bool = False) -> None:
        self._pieces = list(pieces)
        self._every_s = every_s
        self._end = end
        self._gone = gone
        self.taken = 0

    async def receive(self) -> dict[str, Any]:
        await asyncio.sleep(self._every_s)
        if self._pieces:
            self.taken += 1
            piece = self._pieces.pop(0)
            return {"type": "http.request", "body": piece, "more_body": bool(self._pieces) or not self._end}
        if not self._gone:
            await asyncio.Event().wait()
        return {"type": "http.disconnect"}


def call(client: Client, **headers: str) -> Call:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "headers": raw, "query_string": b""}
    return Call(scope, client.receive, OPERATIONS[0], {}, "")


async def refused(reading: Callable[[], Any], status: int) -> ProblemError:
    with pytest.raises(ProblemError) as caught:
        async with asyncio.timeout(10_000):
            await reading()
    assert caught.value.status == status
    return caught.value


async def all_of(pieces: AsyncGenerator[bytes, None]) -> list[bytes]:
    async with aclosing(pieces):
        return [piece async for piece in pieces]


@given(st.builds(Asked, st.text(), st.integers(0, 10**9), st.booleans(), st.sampled_from(["waiting", None])))
def test_a_query_means_what_was_encoded(asked: Asked) -> None:
    given = {**msgspec.to_builtins(asked), "follow": str(asked.follow).lower()}
    raw = urlencode({name: value for name, value in given.items() if value is not None}).encode()
    assert parse_query(raw, Asked) == asked


@given(st.binary(max_size=40))
def test_any_bytes_in_place_of_a_query_are_taken_or_422(raw: bytes) -> None:
    try:
        parse_query(raw, Asked)
    except ProblemError as error:
        assert error.status == 422


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"surprise=1", Asked),
        (b"word=a&word=a", Asked),
        (b"many=-1", Asked),
        (b"state=asleep", Asked),
        (b"word=%ff", Asked),
        ("word=ü".encode(), Asked),
        (b"&".join(b"a%d=" % number for number in range(65)), Asked),
        (b"word=", NO_QUERY),
    ],
)
def test_what_was_not_declared_is_refused(raw: bytes, kind: Any) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_query(raw, kind)
    assert caught.value.status == 422


async def test_a_json_body_is_read_however_it_is_cut() -> None:
    client = Client(b'{"na', b"", b'me":"x"', b"}")
    assert await call(client, content_type="Application/JSON; charset=utf-8").json(Body) == Body("x")


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b'{"name":"x"}', "text/plain", 415),
        (b'{"name":"x"}', "application/jsonp", 415),
        (b'{"name":"x","surprise":1}', "application/json", 422),
        (b'{"name":"\xff"}', "application/json", 422),
        (b"", "application/json", 422),
        (b"[" * MAX_BODY, "application/json", 422),
        (b'{"name":"x","more":' + b"[" * 120_000 + b"]" * 120_000 + b"}", "application/json", 422),
    ],
)
async def test_a_body_that_is_not_what_is_wanted(raw: bytes, content_type: str, status: int) -> None:
    await refused(lambda: call(Client(raw), content_type=content_type).json(Body), status)


async def test_nothing_is_read_of_a_body_that_says_that_it_is_too_large() -> None:
    client = Client(b"x")
    error = await refused(call(client, content_length=str(MAX_BODY + 1)).body, 413)
    assert (client.taken, error.headers["connection"]) == (0, "close")


async def test_a_body_that_says_less_than_it_has_is_cut_at_the_limit() -> None:
    pieces = [b"x" * 1000] * 1000
    for reading in (
        lambda sent: sent.body(),
        lambda sent: all_of(sent.pieces(MAX_BODY, 1 << 30)),
    ):
        client = Client(*pieces)
        await refused(lambda client=client, reading=reading: reading(call(client)), 413)  # type: ignore[misc]
        assert client.taken == MAX_BODY // 1000 + 1


async def test_a_small_body_has_one_deadline_however_busily_it_trickles() -> None:
    client = Client(*[b"x"] * 1000, every_s=1.0)
    await refused(call(client).body, 408)
    assert client.taken <= BODY_S


async def test_an_upload_may_take_as_long_as_it_likes_while_it_goes_on() -> None:
    sent = [bytes([number]) * MIN_PIECE for number in range(19)]
    took = await all_of(call(Client(*sent, every_s=BODY_S - 1)).pieces(1 << 30, 4 * MIN_PIECE))
    assert b"".join(took) == b"".join(sent)
    assert all(len(piece) >= 4 * MIN_PIECE for piece in took[:-1])


@pytest.mark.parametrize("before", [0, MIN_PIECE, 3 * MIN_PIECE])
async def test_an_upload_that_begins_to_trickle_is_given_up(before: int) -> None:
    client = Client(b"x" * before, *[b"x"] * 1000, every_s=1.0)
    await refused(lambda: all_of(call(client).pieces(1 << 30, 4 * MIN_PIECE)), 408)
    assert client.taken <= 2 * BODY_S


async def test_a_client_that_goes_away_in_the_middle_ends_the_reading() -> None:
    for reading in (lambda sent: sent.body(), lambda sent: all_of(sent.pieces(100, 10))):
        with pytest.raises(Abandoned):
            await reading(call(Client(b"half", end=False, gone=True)))


def test_several_headers_of_a_name_are_one_list() -> None:
    made = call(Client())
    made.scope["headers"] = [(b"if-none-match", b'"a"'), (b"x", b"y"), (b"if-none-match", b'"b"')]
    assert made.header(b"if-none-match") == '"a", "b"'
    assert made.header(b"absent") == ""
