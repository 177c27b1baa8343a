"""One connection: what a slow, broken or greedy client can hold, and for how long."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from chorus_http.server.protocol import HEAD_S, MAX_HEAD, SEND_S
from chorus_http.server.web_server import KEEP_ALIVE_S
from tests.unit.http.served import Peer, Served, head, served, ticks

PROBLEM = "application/problem+json"


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_head_that_comes_byte_by_byte_is_given_up(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer, began = await node.dial(), now()
        sending = asyncio.create_task(peer.trickle(head("GET", "/quick/1"), 1.1))
        told = await peer.answer()
        assert (told.status, told.headers["content-type"], told.headers["connection"]) == (
            408,
            PROBLEM,
            "close",
        )
        assert await peer.rest() == b""
        assert now() - began < HEAD_S + 2
        await sending
        assert node.stage.asked == []


async def test_the_next_head_has_its_own_time(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        for _ in range(3):
            text = head("GET", "/quick/1")
            await peer.send(text[:20])
            await asyncio.sleep(HEAD_S - 1)
            await peer.send(text[20:])
            assert (await peer.answer()).status == 200
        await peer.send(b"GET /qui")
        began = now()
        assert (await peer.answer()).status == 408
        assert now() - began < HEAD_S + 1


@pytest.mark.parametrize(("first", "limit_s"), [(False, HEAD_S), (True, KEEP_ALIVE_S)])
async def test_who_says_nothing_is_hung_up_without_a_word(
    tmp_path: Path, first: bool, limit_s: float
) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        if first:
            await peer.ask("GET", "/quick/1")
        began = now()
        assert await peer.rest() == b""
        assert limit_s - 1 < now() - began < limit_s + 1
        await ticks()
        assert not node.server.connections.open


async def test_requests_sent_at_once_are_answered_in_their_order(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        await peer.send(head("GET", "/slow") + b"".join(head("GET", f"/quick/{n}") for n in range(20)))
        await ticks()
        assert node.stage.asked == ["slow"]
        node.stage.go.set()
        assert [(await peer.answer()).json["id"] for _ in range(21)] == ["slow", *map(str, range(20))]


async def test_half_a_head_behind_a_request_is_given_up_too(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        await peer.send(head("GET", "/quick/1") + b"GET /half")
        assert (await peer.answer()).status == 200
        began = now()
        assert (await peer.answer()).status == 408
        assert now() - began < HEAD_S + 1


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),  # TLS to a plain port
        (b"HELO example\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\n folded: no\0\r\n\r\n", 400),
        (b"POST /length HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * MAX_HEAD, 431),
    ],
)
async def test_what_is_no_request_is_told_so_and_hung_up(tmp_path: Path, raw: bytes, status: int) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        await peer.send(raw)
        told = await peer.answer()
        assert (told.status, told.headers["content-type"]) == (status, PROBLEM)
        assert told.json["status"] == status
        assert await peer.rest() == b""


async def test_a_body_that_turns_out_to_be_no_http_ends_the_request(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        await peer.send(head("POST", "/length", "Transfer-Encoding: chunked") + b"zz\r\n")
        assert (await peer.answer()).status == 400
        assert await peer.rest() == b""
        await ticks()
        assert not node.server.server_state.tasks


async def test_the_longest_idle_connection_makes_room(tmp_path: Path) -> None:
    async with served(tmp_path, most=3) as node:
        idle = [await node.dial() for _ in range(3)]
        assert (await idle[0].ask("GET", "/quick/1")).status == 200  # so that it is the newest idle one
        await node.dial()
        began = now()
        assert await idle[1].rest() == b""
        assert now() == began
        assert (await idle[0].ask("GET", "/quick/1")).status == 200
        assert len(node.server.connections.open) == 3


async def test_where_all_are_at_work_a_new_one_is_told_to_come_again(tmp_path: Path) -> None:
    async with served(tmp_path, most=3) as node:
        busy = [await working(node) for _ in range(3)]
        refused = await node.dial()
        told = await refused.answer()
        assert (told.status, told.headers["content-type"]) == (503, PROBLEM)
        assert int(told.headers["retry-after"]) > 0
        assert await refused.rest() == b""
        node.stage.go.set()
        assert [(await peer.answer()).status for peer in busy] == [200, 200, 200]
        assert (await (await node.dial()).ask("GET", "/quick/1")).status == 200


async def working(node: Served) -> Peer:
    peer = await node.dial()
    await peer.send(head("GET", "/slow"))
    await ticks()
    return peer


async def test_the_rest_of_a_refused_body_cannot_hold_a_connection(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer, began = await node.dial(), now()
        assert (await peer.ask("POST", "/nowhere", "Content-Length: 60000", body=b"x")).status == 404
        sending = asyncio.create_task(peer.trickle(b"x" * 1000, 5.0))
        assert await peer.rest() == b""
        assert now() - began < 2 * KEEP_ALIVE_S
        await sending


async def test_after_the_rest_of_a_refused_body_the_next_request_is_answered(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        assert (await peer.ask("POST", "/nowhere", "Content-Length: 60000", body=b"x")).status == 404
        await peer.send(b"x" * 30_000)
        await ticks()
        await peer.send(b"x" * 29_999)
        await ticks()
        await asyncio.sleep(HEAD_S - 1)
        assert (await peer.ask("GET", "/quick/7")).json == {"id": "7"}
        await asyncio.sleep(KEEP_ALIVE_S - 1)
        assert (await peer.ask("GET", "/quick/8")).json == {"id": "8"}


async def test_who_waits_for_100_gets_it_only_when_the_body_is_wanted(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        asked = ("Content-Length: 5", "Expect: 100-continue")
        assert (await peer.ask("POST", "/length", *asked)).status == 100
        await peer.send(b"hello")
        assert (await peer.answer()).json == {"bytes": 5}
        assert (await peer.ask("POST", "/nowhere", *asked)).status == 404


@pytest.mark.parametrize("path", ["/stream", "/bytes/4194304", "/quick/1", "/nowhere"])
@pytest.mark.parametrize("header", ["Connection: close", "Connection: keep-alive"])
async def test_a_client_that_reads_none_of_its_answers_is_cut_off(
    tmp_path: Path, path: str, header: str
) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        asked = asyncio.create_task(peer.send(head("GET", path, header) * 20_000))
        await asyncio.sleep(2 * SEND_S + KEEP_ALIVE_S)
        assert not node.server.connections.open
        assert not node.server.server_state.tasks
        asked.cancel()


@pytest.mark.parametrize("header", ["Connection: close", "Connection: keep-alive"])
async def test_what_is_left_to_be_read_when_the_node_hangs_up_keeps_no_connection(
    tmp_path: Path, header: str
) -> None:
    """Some of these sizes leave less than is written at once, whatever the socket's own buffer takes."""
    async with served(tmp_path, most=64) as node, AsyncExitStack() as stack:
        for size in range(100_000, 600_000, 20_000):
            stack.enter_context(node.deaf()).send(head("GET", f"/bytes/{size}", header))
        await ticks()
        assert node.server.connections.open
        await asyncio.sleep(2 * SEND_S + KEEP_ALIVE_S)
        assert not node.server.connections.open


async def test_a_client_that_reads_slowly_gets_its_whole_answer(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        peer = await node.dial()
        await peer.send(head("GET", "/bytes/4194304", "Connection: close"))
        size, began = 0, now()
        while piece := await peer.read(100_000):
            size += len(piece)
            await asyncio.sleep(SEND_S / 3)
        assert size > 4 << 20
        assert now() - began > 5 * SEND_S


async def test_a_stop_answers_what_runs_ends_what_idles_and_takes_less_than_a_second(tmp_path: Path) -> None:
    async with served(tmp_path) as node:
        idle, half, busy, ending = [await node.dial() for _ in range(4)]
        await half.send(b"GET /half")
        await busy.send(head("GET", "/slow"))
        await ending.send(head("POST", "/length", "Content-Length: 2") + b"x")
        await ticks()
        began = now()
        await node.server.stop()
        await ticks()
        await ending.send(b"y")
        assert (await ending.answer()).json == {"bytes": 2}
        told = await busy.answer()
        assert (told.status, told.json["detail"]) == (503, "the node is stopping")
        assert int(told.headers["retry-after"]) > 0
        assert [await peer.rest() for peer in (idle, half, busy, ending)] == [b""] * 4
        assert now() - began < 1.0
