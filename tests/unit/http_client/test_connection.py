"""One connection to a node: what goes out, what comes back, and what is said when nothing does."""

import socket

import pytest
import trio

from chorus_hooks.errors import ChorusError, NotFound, Refused, Unreachable
from chorus_http.client.connection import Call
from chorus_http.client.fault import Lost
from tests.unit.http_client.scripted import TOKEN, Exchange, connected, node


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chorus_http.client.connection.PAUSES_S", (0.0, 0.0, 0.0))


async def fine(exchange: Exchange) -> None:
    await exchange.json({"fine": True})


async def gone(exchange: Exchange) -> None:
    await exchange.hang_up()


async def test_a_request_carries_the_token_and_says_who_it_is_for() -> None:
    async with node(fine) as (scripted, connection):
        assert await connection.get("tasks", "a/b c", limit=5, state=None, follow=False) == {"fine": True}
    (seen,) = scripted.seen
    assert (seen.method, seen.target) == ("GET", "/api/v1/tasks/a%2Fb%20c?limit=5&follow=false")
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert f"http://{seen.headers['host']}" == scripted.url


async def test_a_redirect_never_gets_the_token() -> None:
    async def elsewhere(exchange: Exchange) -> None:
        await exchange.say(307, location="http://elsewhere.example/")

    async with node(elsewhere) as (scripted, connection):
        with pytest.raises(Refused, match="sends us on to http://elsewhere"):
            await connection.get("status")
    assert len(scripted.seen) == 1


async def test_a_problem_is_raised_as_what_it_was() -> None:
    async def missing(exchange: Exchange) -> None:
        await exchange.say(404, b'{"detail":"no task x"}', content_type="application/problem+json")

    async with node(missing) as (_, connection):
        with pytest.raises(NotFound, match="no task x"):
            await connection.get("tasks", "x")


async def test_nobody_there_is_told_at_once_with_the_url() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: every connection is refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        async with connected(url) as connection:
            with pytest.raises(Unreachable, match="connection refused") as told, trio.fail_after(1):
                await connection.get("status")
    assert url in told.value.message
    assert "chorus agent" in told.value.hint


async def test_a_name_that_nobody_knows_is_told() -> None:
    async with connected("http://node.invalid:1") as connection:
        with pytest.raises(Unreachable, match="the name is not known"):
            await connection.get("status")


async def test_a_lost_answer_is_asked_for_again_when_that_is_safe(no_pauses: None) -> None:
    async with node(gone, gone, fine) as (scripted, connection):
        assert await connection.get("status") == {"fine": True}
    assert len(scripted.seen) == 3


async def test_a_lost_answer_is_not_asked_for_again_when_it_is_not() -> None:
    async with node(gone, fine) as (scripted, connection):
        with pytest.raises(Lost):
            await connection.ask(Call("POST", ("x",)), again=False)
    assert len(scripted.seen) == 1


async def test_asking_again_has_an_end(no_pauses: None) -> None:
    async with node(gone) as (scripted, connection):
        with pytest.raises(Lost):
            await connection.get("status")
    assert len(scripted.seen) == 4


async def test_a_silent_node_is_given_up() -> None:
    async def silent(exchange: Exchange) -> None:
        await trio.sleep_forever()

    async with node(silent) as (scripted, connection):
        with pytest.raises(Unreachable, match="is silent"):
            await connection.ask(Call("GET", ("status",), read_s=0.05), again=True)
    assert len(scripted.seen) == 1


async def test_half_an_answer_is_a_lost_one() -> None:
    async def half(exchange: Exchange) -> None:
        await exchange.head(200, content_length="100")
        await exchange.piece(b"{")
        await exchange.hang_up()

    async with node(half) as (_, connection):
        with pytest.raises(Lost):
            await connection.ask(Call("GET", ("x",)), again=False)


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"null", b"", b'{"a": "\xff"}'])
async def test_a_stranger_that_talks_something_else_is_told(body: bytes) -> None:
    async def web(exchange: Exchange) -> None:
        await exchange.say(200, body, content_type="text/html")

    async with node(web) as (_, connection):
        with pytest.raises(ChorusError, match="does not answer as a node does"):
            await connection.get("status")


async def test_leaving_a_stream_early_leaves_nothing_behind() -> None:
    async def endless(exchange: Exchange) -> None:
        await exchange.head(200, transfer_encoding="chunked")
        while True:
            await exchange.piece(b"x" * 1000)

    async with node(endless, fine) as (_, connection):
        async with connection.open(Call("GET", ("x",))) as answer:
            async for chunk in answer.chunks():
                assert chunk
                break
        with trio.fail_after(5):
            assert await connection.get("status") == {"fine": True}
