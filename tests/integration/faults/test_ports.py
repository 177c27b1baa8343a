"""A port that somebody else has."""

import json
import socket
from pathlib import Path

import pytest

from contrib.bench.rig.node import STOP_S, Node


@pytest.mark.parametrize("variable", ["CHORUS_API_PORT", "CHORUS_HEALTH_PORT"])
def test_a_port_that_was_asked_for_and_is_taken_is_an_error_that_names_it(node: Node, variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        node.environment = {**node.environment, variable: str(port), "CHORUS_LOG_FORMAT": "text"}
        node.begin()
        assert node.process is not None
        code = node.process.wait(STOP_S)
    told = node.log.read_text()
    assert code not in (0, 1), told
    assert str(port) in told
    assert "  try: " in told
    assert "Traceback" not in told
    assert not (node.state_dir / "api.json").exists()


def test_two_nodes_that_ask_for_no_port_find_one_each(tmp_path: Path) -> None:
    nodes = [Default(tmp_path / "one"), Default(tmp_path / "two")]
    try:
        for made in nodes:
            made.start()
        assert len({made.where["api"] for made in nodes} | {made.where["health"] for made in nodes}) == 4
        for made in nodes:
            with made.client() as client, made.health() as health:
                assert (client.get("/api/v1/status").status, health.get("/health/live").status) == (200, 200)
                lines = [json.loads(line) for line in made.log.read_text().splitlines()]
                assert any(str(client.port) in json.dumps(line) for line in lines)
    finally:
        for made in nodes:
            made.end()


class Default(Node):
    """A node that is told nothing about ports."""

    @property
    def env(self) -> dict[str, str]:
        return {name: value for name, value in super().env.items() if not name.endswith("_PORT")}
