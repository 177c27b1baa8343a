"""The Docker engine dies under a node, and comes back."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from chorus_docker.endpoint import parse_endpoint
from contrib.bench.rig.node import Node, until
from tests.integration.faults.checks import check

pytestmark = [pytest.mark.docker, pytest.mark.slow]
BUSYBOX = "chorus-test/busybox:1"


class Engine:
    """A socket before the real engine's, which can be gone and come back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._target = parse_endpoint(os.environ.get("DOCKER_HOST", "")).path
        self._open: set[socket.socket] = set()
        self._listening: socket.socket | None = None

    def rise(self) -> None:
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(self.path))
        self._listening.listen(64)
        threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def die(self) -> None:
        """As a killed daemon: the socket's file stays, every connection breaks."""
        for connection in (self._listening, *self._open):
            if connection is not None:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
                connection.close()
        self._open.clear()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                client, _ = listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            server.connect(self._target)
            self._open |= {client, server}
            for source, into in ((client, server), (server, client)):
                threading.Thread(target=_move, args=(source, into), daemon=True).start()


def _move(source: socket.socket, into: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            into.sendall(piece)
        into.shutdown(socket.SHUT_WR)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = Engine(tmp_path / "engine.sock")
    made.rise()
    yield made
    made.die()


def test_it_is_told_and_the_node_recovers_by_itself(node: Node, engine: Engine) -> None:
    node.environment = {
        **node.environment,
        "DOCKER_HOST": f"unix://{engine.path}",
        "CHORUS_SANDBOX": "docker",
        "CHORUS_IMAGE_SHELL": BUSYBOX,
    }
    node.start()
    assert ended(node, "true") == ("succeeded", "exited")
    until(lambda: check(node, "docker")["status"] == "ok", 10, node.told)

    with node.client() as client:
        running = client.submit("echo up; sleep 600", image=BUSYBOX).json["id"]
        until(lambda: client.get(f"/api/v1/tasks/{running}/logs?follow=false").raw == b"up\n", 20, node.told)
        engine.die()
        until(lambda: client.task(running)["state"] == "failed", 60, node.told)
        assert client.task(running)["result"]["reason"] == "sandbox_lost"
    assert ended(node, "true") == ("failed", "sandbox_unavailable")
    until(lambda: check(node, "docker")["status"] == "failed", 60, node.told)

    engine.path.unlink()
    engine.rise()
    until(lambda: check(node, "docker")["status"] == "ok", 60, node.told)
    assert ended(node, "true") == ("succeeded", "exited")


def ended(node: Node, line: str) -> tuple[str, str]:
    """The state and the reason in which a task that names its image ends."""
    with node.client() as client:
        task = client.submit(line, image=BUSYBOX).json["id"]
        until(lambda: client.task(task)["state"] in ("succeeded", "failed"), 60, node.told)
        told = client.task(task)
        return told["state"], told["result"]["reason"]
