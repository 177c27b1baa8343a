"""What every request passes: who may ask, what is told when it goes wrong, and what is never told."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus_hooks import traceparent
from chorus_hooks.endpoint import API_TOKEN
from chorus_hooks.errors import Busy, ChorusError, Full, NotFound, Unreachable
from chorus_http.server.token import Token
from tests.unit.http.served import head, served
from tests.unit.http.settings import Settings

TOKEN = "for-this-test-only"
RIGHT = f"Authorization: Bearer {TOKEN}"


@pytest.fixture
def token(tmp_path: Path) -> Iterator[Token]:
    yield Token(Settings({API_TOKEN: TOKEN}), tmp_path)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ([RIGHT], 200),
        ([f"authorization: bEARER   {TOKEN}"], 200),
        ([], 401),
        (["Authorization: "], 401),
        ([f"Authorization: {TOKEN}"], 401),
        ([f"Authorization: Basic {TOKEN}"], 401),
        (["Authorization: Bearer"], 401),
        ([f"{RIGHT}x"], 401),
        ([RIGHT[:-1]], 401),
        (["Authorization: Bearer \xff\xfe"], 401),
        ([RIGHT, RIGHT], 401),
        ([RIGHT, "Host: 192.0.2.7:8080"], 200),
        ([RIGHT, "Host: node.example"], 200),
        ([RIGHT, "Host: evil.example"], 421),
        (["Host: evil.example"], 421),
    ],
)
async def test_who_may_ask(tmp_path: Path, token: Token, headers: list[str], status: int) -> None:
    async with served(tmp_path, token=token, hosts=["node.example"]) as node:
        told = await (await node.dial()).ask("GET", "/quick/1", *headers)
        assert told.status == status
        assert len(node.stage.asked) == (status == 200)
        assert ("www-authenticate" in told.headers) == (status == 401)
        assert told.headers["cache-control"] == "no-store"
        assert told.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "status"),
    [("/quick/1", 200), ("/quick/2", 401), ("/quick/1/", 401), ("//quick/1", 401)],
)
async def test_only_the_open_path_itself_needs_no_token(
    tmp_path: Path, token: Token, path: str, status: int
) -> None:
    async with served(tmp_path, token=token, open=["/quick/1"]) as node:
        assert (await (await node.dial()).ask("GET", path)).status == status
        assert len(node.stage.asked) == (status == 200)


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "OPTIONS", "BREW"])
async def test_another_method_is_told_which_ones_there_are(tmp_path: Path, method: str) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        told = await peer.ask(method, "/quick/1")
        assert (told.status, told.headers["allow"]) == (405, "GET, HEAD")
        assert (await peer.ask(method, "/length")).headers["allow"] == "POST"
        assert (await peer.ask("GET", "/nowhere")).status == 404


@pytest.mark.parametrize(
    ("error", "status", "after"),
    [
        (NotFound("no such task", hint="look"), 404, None),
        (Busy("many wait", retry_after=2.5), 429, "3"),
        (Full("the disk is full"), 503, "1"),
        (Unreachable("the engine is gone"), 503, "1"),
        (ChorusError("it is damaged"), 500, None),
    ],
)
async def test_an_error_for_a_person_is_told_with_its_hint_and_when_to_come_again(
    tmp_path: Path, error: ChorusError, status: int, after: str | None
) -> None:
    async with served(tmp_path) as node:
        node.stage.error = error
        told = await (await node.dial()).ask("GET", "/fail")
        assert (told.status, told.headers.get("retry-after")) == (status, after)
        assert (told.json["detail"], told.json["code"]) == (error.message, error.code)
        assert told.json.get("hint", "") == error.hint


async def test_a_bug_is_logged_under_the_callers_trace_and_nothing_of_it_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with served(tmp_path) as node:
        node.stage.error = KeyError("/home/somebody/private")
        parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        peer = await node.dial()
        told = await peer.ask("GET", "/fail", f"traceparent: {parent}")
        assert (told.status, told.json["trace_id"]) == (500, traceparent.trace_id(parent))
        assert b"private" not in told.body
        assert "private" in caplog.text
        assert (await peer.ask("GET", "/quick/1")).status == 200


async def test_an_answer_that_breaks_off_cannot_be_taken_for_the_whole(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        await peer.send(head("GET", "/break"))
        told = await peer.rest()
        assert told.endswith(b"some of it\r\n")  # and no last chunk
        assert told.count(b"HTTP/1.1") == 1
        assert not node.server.connections.open


@pytest.mark.parametrize("given", ["", "garbage", "00-" + "0" * 32 + "-" + "0" * 16 + "-01"])
async def test_a_request_without_a_trace_gets_one_of_its_own(tmp_path: Path, given: str) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        for _ in range(2):
            await peer.ask("GET", "/quick/1", f"traceparent: {given}")
        first, second = node.stage.traces
        assert traceparent.parse(first)
        assert traceparent.parse(second)
        assert traceparent.trace_id(first) != traceparent.trace_id(second)
