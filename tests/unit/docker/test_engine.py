"""The client against engines that are well, ill, slow, gone, or no engine at all."""

from pathlib import Path

import pytest
import trio

from chorus_docker import engine as module
from chorus_docker.conversation import BIGGEST
from chorus_docker.endpoint import parse_endpoint
from chorus_docker.engine import ApiError, Engine
from chorus_hooks.errors import Unreachable
from tests.unit.docker.fake_engine import PONG, fake_engine, http

SWITCHED = "HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n"


async def test_the_engines_own_version_is_spoken(tmp_path: Path) -> None:
    asked = []

    async def answer(line: str, connection: trio.SocketStream) -> None:
        asked.append(line)
        await connection.send_all(PONG if "/_ping" in line else http(200, '{"a": 1}'))

    async with fake_engine(tmp_path, answer) as host:
        engine = Engine(parse_endpoint(host))
        assert await engine.call("GET", "/thing", query={"q": "a b"}) == {"a": 1}
        await engine.call("POST", "/other", {"b": 2})
    assert asked == ["GET /_ping HTTP/1.1", "GET /v1.99/thing?q=a+b HTTP/1.1", "POST /v1.99/other HTTP/1.1"]


async def test_a_no_carries_the_engines_words(tmp_path: Path) -> None:
    async def answer(line: str, connection: trio.SocketStream) -> None:
        await connection.send_all(PONG if "/_ping" in line else http(409, '{"message": "it is busy"}'))

    async with fake_engine(tmp_path, answer) as host:
        with pytest.raises(ApiError, match="it is busy") as raised:
            await Engine(parse_endpoint(host)).call("GET", "/thing")
        assert raised.value.status == 409
        with pytest.raises(ApiError, match="it is busy"):
            await Engine(parse_endpoint(host)).upgrade("/thing")


@pytest.mark.parametrize(
    "head",
    ["HTTP/1.1 101 UPGRADED\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"],
)
async def test_an_upgrade_gives_the_stream_and_what_came_with_the_answer(tmp_path: Path, head: str) -> None:
    async def answer(line: str, connection: trio.SocketStream) -> None:
        if "/_ping" in line:
            await connection.send_all(PONG)
            return
        await connection.send_all(head.encode() + b"\x01\0\0\0\0\0\0\x05he")
        assert await connection.receive_some(100) == b"question"
        await connection.send_all(b"llo\x02\0\0\0\0\0\0\x01!")
        await connection.aclose()

    async with fake_engine(tmp_path, answer) as host:
        with trio.fail_after(5):
            stream = await Engine(parse_endpoint(host)).upgrade("/thing", {})
            got = await stream.receive()
            await stream.send(b"question")
            while pieces := await stream.receive():
                got += pieces
        await stream.aclose()
    assert b"".join(data for number, data in got if number == 1) == b"hello"
    assert b"".join(data for number, data in got if number == 2) == b"!"


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\xff\xfe",
        b"SSH-2.0-x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{]}",
    ],
    ids=["nothing", "garbage", "ssh", "short", "no-json"],
)
async def test_what_is_no_engine_is_told(tmp_path: Path, said: bytes) -> None:
    async def answer(line: str, connection: trio.SocketStream) -> None:
        await connection.send_all(PONG if "/_ping" in line else said)
        if "/_ping" not in line:
            await connection.aclose()

    async with fake_engine(tmp_path, answer) as host:
        with pytest.raises(Unreachable):
            await Engine(parse_endpoint(host)).call("GET", "/thing")


async def test_an_answer_without_end_is_cut(tmp_path: Path) -> None:
    async def answer(line: str, connection: trio.SocketStream) -> None:
        if "/_ping" in line:
            await connection.send_all(PONG)
            return
        await connection.send_all(f"HTTP/1.1 200 OK\r\nContent-Length: {BIGGEST * 9}\r\n\r\n".encode())
        while True:
            await connection.send_all(bytes(1 << 20))

    async with fake_engine(tmp_path, answer) as host:
        with pytest.raises(Unreachable, match="more than"):
            await Engine(parse_endpoint(host)).call("GET", "/thing")


async def test_a_silent_engine_is_waited_for_no_longer_than_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PING_S", 0.05)

    async def answer(_line: str, _connection: trio.SocketStream) -> None:
        await trio.sleep_forever()

    async with fake_engine(tmp_path, answer) as host:
        with pytest.raises(Unreachable, match=r"no answer within 0\.05 s"), trio.fail_after(5):
            await Engine(parse_endpoint(host)).ping()


async def test_no_socket_and_no_listener(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no Docker engine answers") as raised:
        await Engine(parse_endpoint(f"unix://{tmp_path}/none.sock")).ping()
    assert "DOCKER_HOST" in raised.value.hint
    with pytest.raises(Unreachable):
        await Engine(parse_endpoint("tcp://127.0.0.1:1")).ping()
