"""The check of the engine: an expected one that does not answer fails, none at all is a warning."""

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import trio

from chorus_docker.check import docker_check, judge
from chorus_hooks.health import Finding
from tests.unit.docker.fake_engine import PONG, fake_engine, http

INFO: dict[str, Any] = {
    "OSType": "linux",
    "SecurityOptions": ["name=seccomp,profile=default"],
    "CgroupVersion": "2",
    "Images": 7,
}
VERSION = {"Version": "28.2.2", "ApiVersion": "1.50"}


class Nothing:
    def get(self, kind: type[Any]) -> Any:
        raise LookupError(kind)


async def look(host: str, *, asked: bool = False) -> Finding:
    return await docker_check(host, "missing", asked=asked).probe(Nothing())


async def answer(line: str, connection: trio.SocketStream) -> None:
    body = VERSION if "/version" in line else INFO
    await connection.send_all(PONG if "/_ping" in line else http(200, json.dumps(body)))


async def test_an_engine_that_answers_tells_what_it_is(tmp_path: Path) -> None:
    async with fake_engine(tmp_path, answer) as host:
        finding = await look(host)
    assert finding == Finding(
        "ok", f"engine 28.2.2 at {host}, API 1.50, cgroup v2, 7 images here, missing images are pulled"
    )


@pytest.mark.parametrize(("asked", "status"), [(False, "warning"), (True, "failed")])
async def test_no_engine_is_a_failure_only_where_one_was_named(
    tmp_path: Path, asked: bool, status: str
) -> None:
    finding = await look(f"unix://{tmp_path}/none.sock", asked=asked)
    assert (finding.status, "no Docker engine answers" in finding.text) == (status, True)
    assert "systemctl start docker" in finding.cure


async def test_a_dead_engine_whose_socket_is_there_is_a_failure(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "docker.sock"))
    assert (await look(f"unix://{tmp_path}/docker.sock")).status == "failed"


async def test_one_that_answered_before_and_is_gone_fails_until_it_is_back(tmp_path: Path) -> None:
    check = docker_check(f"unix://{tmp_path}/docker.sock", "never", asked=False)
    assert (await check.probe(Nothing())).status == "warning"
    for _ in range(2):
        async with fake_engine(tmp_path, answer):
            finding = await check.probe(Nothing())
            assert (finding.status, "images are never pulled" in finding.text) == ("ok", True)
        (tmp_path / "docker.sock").unlink()
        assert (await check.probe(Nothing())).status == "failed"


async def test_an_address_of_another_kind_is_a_failure() -> None:
    finding = await look("ssh://me@there")
    assert (finding.status, "neither unix" in finding.text) == ("failed", True)


def test_an_engine_that_cannot_hold_a_sandbox_is_a_failure() -> None:
    finding = judge("unix:///x", INFO | {"MemoryLimit": False, "SecurityOptions": []}, VERSION, "missing")
    assert finding.status == "failed"
    assert "cannot limit memory, it filters no system calls" in finding.text
