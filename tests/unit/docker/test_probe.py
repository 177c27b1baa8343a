"""A machine without a usable engine gets a reason and a cure, in bounded time."""

from pathlib import Path

import pytest
import trio

from chorus_docker import sandbox as module
from chorus_docker.sandbox import DockerSandbox
from tests.unit.docker.fake_engine import PONG, fake_engine, http


async def test_no_engine(tmp_path: Path) -> None:
    found = await DockerSandbox(f"unix://{tmp_path}/none.sock").probe("i")
    assert (found.ok, "no Docker engine answers" in found.why, "DOCKER_HOST" in found.cure) == (
        False,
        True,
        True,
    )


async def test_an_address_of_another_kind() -> None:
    sandbox = DockerSandbox("ssh://me@there")
    found = await sandbox.probe("i")
    assert (found.ok, "DOCKER_HOST=ssh://me@there" in found.why) == (False, True)
    assert await sandbox.reap(lambda _: False) == 0


async def test_an_engine_for_other_containers(tmp_path: Path) -> None:
    async def answer(line: str, connection: trio.SocketStream) -> None:
        await connection.send_all(PONG if "/_ping" in line else http(200, '{"OSType": "windows"}'))

    async with fake_engine(tmp_path, answer) as host:
        assert "no Linux containers" in (await DockerSandbox(host).probe("i")).why


async def test_another_engine_at_the_same_place_is_asked_anew_what_it_can(tmp_path: Path) -> None:
    info = ['{"OSType": "windows"}']

    async def answer(line: str, connection: trio.SocketStream) -> None:
        await connection.send_all(PONG if "/_ping" in line else http(200, info[0]))

    sandbox = DockerSandbox(f"unix://{tmp_path}/docker.sock")
    async with fake_engine(tmp_path, answer):
        assert not (await sandbox.probe(None)).ok
    (tmp_path / "docker.sock").unlink()
    assert "no Docker engine answers" in (await sandbox.probe(None)).why
    info[0] = '{"OSType": "linux", "SecurityOptions": ["name=seccomp"]}'
    async with fake_engine(tmp_path, answer):
        assert (await sandbox.probe(None)).ok


async def test_an_engine_that_hangs_after_its_ping(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PROBE_S", 0.1)

    async def answer(line: str, connection: trio.SocketStream) -> None:
        if "/_ping" not in line:
            await trio.sleep_forever()
        await connection.send_all(PONG)

    async with fake_engine(tmp_path, answer) as host:
        with trio.fail_after(5):
            found = await DockerSandbox(host).probe("i")
    assert (found.ok, "did not answer" in found.why) == (False, True)
