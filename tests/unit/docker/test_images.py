"""Images that are not here: asked for, pulled, or refused with the registry's words."""

import json
from pathlib import Path

import pytest
import trio

from chorus_docker import images
from chorus_docker.endpoint import parse_endpoint
from chorus_docker.engine import Engine
from chorus_docker.sandbox import DockerSandbox
from chorus_hooks.errors import Refused, Unreachable
from tests.unit.docker.fake_engine import PONG, Answer, fake_engine, http

VERSION = http(200, json.dumps({"ApiVersion": "1.41"}), "Content-Type: application/json\r\n")
DIGEST = {"Descriptor": {"digest": "sha256:0"}, "Platforms": []}


def registry(answer: bytes, asked: list[str]) -> Answer:
    """An engine without images, whose registry gives this answer."""

    async def speak(line: str, connection: trio.SocketStream) -> None:
        asked.append(line)
        if "/_ping" in line:
            await connection.send_all(PONG)
        elif "/version" in line:
            await connection.send_all(VERSION)
        elif "/info" in line:
            await connection.send_all(
                http(200, json.dumps({"SecurityOptions": ["name=seccomp,profile=default"]}))
            )
        elif line.startswith("GET") and "/images/" in line:
            await connection.send_all(http(404, '{"message": "No such image"}'))
        else:
            await connection.send_all(answer)

    return speak


async def test_an_image_that_the_registry_has_may_be_used(tmp_path: Path) -> None:
    asked: list[str] = []
    async with fake_engine(tmp_path, registry(http(200, json.dumps(DIGEST)), asked)) as host:
        assert (await DockerSandbox(host, may_pull=True).probe("python:9")).ok
    assert any("/distribution/python:9/json" in line for line in asked), "it is asked for, not pulled"
    assert not any("/images/create" in line for line in asked)


@pytest.mark.parametrize(
    ("status", "said"), [(404, "manifest unknown"), (403, "denied"), (500, "dial tcp: lookup registry: no")]
)
async def test_a_registry_that_says_no_is_a_no_with_its_words(tmp_path: Path, status: int, said: str) -> None:
    async with fake_engine(tmp_path, registry(http(status, json.dumps({"message": said})), [])) as host:
        found = await DockerSandbox(host, may_pull=True).probe("python:9")
    assert not found.ok
    assert said in found.why
    assert found.cure == "docker pull python:9"


@pytest.mark.parametrize(("status", "raised"), [(404, Refused), (403, Refused), (500, Unreachable)])
async def test_a_pull_that_fails_is_told(tmp_path: Path, status: int, raised: type[Exception]) -> None:
    asked: list[str] = []
    async with fake_engine(tmp_path, registry(http(status, '{"message": "because"}'), asked)) as host:
        with pytest.raises(raised, match="because"):
            await images.pull(parse_endpoint(host), "python")
    assert any("fromImage=python" in line and "tag=latest" in line for line in asked)


async def test_a_registry_that_hangs_is_waited_for_no_longer_than_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "ASK_S", 0.3)

    async def speak(line: str, connection: trio.SocketStream) -> None:
        if "/distribution/" in line:
            await trio.sleep_forever()
        await registry(b"", [])(line, connection)

    async with fake_engine(tmp_path, speak) as host:
        with trio.fail_after(5):
            found = await DockerSandbox(host, may_pull=True).probe("python:9")
    assert not found.ok


async def test_without_permission_to_pull_nobody_is_asked(tmp_path: Path) -> None:
    asked: list[str] = []
    async with fake_engine(tmp_path, registry(b"", asked)) as host:
        found = await DockerSandbox(host, may_pull=False).probe("python:9")
    assert (found.ok, "CHORUS_IMAGE_PULL" in found.why) == (False, True)
    assert len(asked) == 3, "a ping and two looks"


@pytest.mark.parametrize(
    "name", ["", "../containers", "a//b", "a b", "-x", "é", "x" * 300, "a?force=1", "a%2f"]
)
async def test_what_cannot_name_an_image_never_reaches_the_engine(tmp_path: Path, name: str) -> None:
    asked: list[str] = []
    async with fake_engine(tmp_path, registry(b"", asked)) as host:
        with pytest.raises(Refused, match="not the name of an image"):
            await images.find_image(Engine(parse_endpoint(host)), name)
    assert asked == []
