"""A container that the engine may still be making is waited for, and then removed."""

from pathlib import Path

import pytest
import trio
from trio.testing import wait_all_tasks_blocked

from chorus_docker import containers
from chorus_docker.endpoint import parse_endpoint
from chorus_docker.engine import Engine
from chorus_docker.sandbox import DockerSandbox
from chorus_hooks.errors import Refused
from chorus_hooks.sandbox import BoxSpec
from tests.unit.docker.fake_engine import PONG, fake_engine, http

SPEC = BoxSpec("image", 1 << 26, 1.0, 8, 1 << 24, 0, 0, 9.0)


async def test_cancelled_while_it_is_created_it_is_removed_after_that(tmp_path: Path) -> None:
    log: list[str] = []
    scope = trio.CancelScope()

    async def answer(line: str, connection: trio.SocketStream) -> None:
        if "/containers/create" in line:
            scope.cancel()
            await wait_all_tasks_blocked(0.05)
            log.append("created")
        else:
            log.append(line.split()[0])
        await connection.send_all(PONG if "/_ping" in line else http(200, "{}"))

    async with fake_engine(tmp_path, answer) as host:
        with scope:
            async with DockerSandbox(host).open(SPEC):
                pass
    assert log == ["GET", "GET", "created", "DELETE"]


@pytest.mark.parametrize(
    "warning",
    [
        "Your kernel does not support memory limit capabilities. Limitation discarded.",
        "Your kernel does not support PIDs limit capabilities. PIDs limit discarded.",
    ],
)
async def test_a_limit_that_the_engine_drops_is_refused(tmp_path: Path, warning: str) -> None:
    async def answer(line: str, connection: trio.SocketStream) -> None:
        await connection.send_all(PONG if "/_ping" in line else http(201, f'{{"Warnings": ["{warning}"]}}'))

    async with fake_engine(tmp_path, answer) as host:
        with pytest.raises(Refused, match="cannot hold the limits"):
            await containers.create(Engine(parse_endpoint(host)), "name", {})


async def test_a_removal_that_is_under_way_is_waited_for(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(line: str, connection: trio.SocketStream) -> None:
        asked.append(line.split()[0])
        await connection.send_all(
            PONG if "/_ping" in line else http(409 if line.startswith("DELETE") else 404)
        )

    async with fake_engine(tmp_path, answer) as host:
        await containers.remove(Engine(parse_endpoint(host)), "name")
    assert asked == ["GET", "DELETE", "POST"]
