"""A node with its mesh: what it announces, and how its health and metrics tell of it."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return str(answer.read().decode())


@pytest.fixture
def node(tmp_path: Path) -> Iterator[dict[str, Any]]:
    """The `api.json` of one that has no other part of the mesh."""
    ports = {f"CHORUS_{name}_PORT": "0" for name in ("P2P", "API", "HEALTH")}
    off = {"CHORUS_PLUGINS_DISABLED": "members,discovery"}
    process = subprocess.Popen(
        [sys.executable, "-m", "chorus", "agent"],
        env={**os.environ, **ports, **off, "CHORUS_STATE_DIR": str(tmp_path), "CHORUS_P2P_BIND": "127.0.0.1"},
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 60
        while not (tmp_path / "api.json").exists():
            assert process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        yield json.loads((tmp_path / "api.json").read_text())
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


@pytest.mark.slow
def test_a_node_announces_where_its_mesh_is_and_tells_how_it_is(node: dict[str, Any]) -> None:
    assert [address.split("/")[1:4] for address in node["p2p"]] == [["ip4", "127.0.0.1", "tcp"]]
    assert node["p2p"][0].endswith(f"/p2p/{node['peer_id']}")
    checks = json.loads(_get(f"{node['health']}/health/checks"))
    [found] = [check for check in checks["checks"] if check["name"] == "mesh"]
    assert found["status"] == "ok", found
    assert "0 peers" in found["text"]
    told = _get(f"{node['health']}/metrics")
    assert "chorus_mesh_links 0.0" in told
    assert 'chorus_mesh_refused_total{what="handshakes"} 0.0' in told
