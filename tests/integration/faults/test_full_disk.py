"""The disk of the state dir fills up under a node, and is given room again."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from tests.integration.faults.checks import check, ready

NULL = ["sandbox:null"]
SIZE = "48m"


@pytest.fixture
def disk(node: Node, tmp_path: Path, as_root: None) -> Iterator[Path]:
    """A small file system, and the node's state dir on it."""
    path = tmp_path / "disk"
    path.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "chorus-test", path], check=True)
    node.state_dir = path / "state"
    yield path
    node.end()
    subprocess.run(["umount", path], check=True)


def fill(disk: Path) -> Path:
    """Take all the room there is."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for piece in (1 << 20, 1 << 12):
            try:
                while file.write(bytes(piece)):
                    pass
            except OSError:
                continue
    return filler


@pytest.mark.slow
def test_it_refuses_honestly_says_so_and_recovers_by_itself(node: Node, disk: Path) -> None:
    node.start()
    with node.client(timeout_s=30) as client:
        kept = [client.submit("true", requires=NULL).json["id"] for _ in range(5)]
        running = client.submit("sleep 3600", requires=NULL, limits={"timeout_s": 7200}).json["id"]
        until(lambda: client.task(running)["state"] == "running", 20, node.told)
        filler = fill(disk)
        refused: list[str] = []
        while not refused and len(kept) < 5000:  # what the database has room for is still taken
            answer = client.submit("true", requires=NULL)
            if answer.status == 202:
                kept.append(answer.json["id"])
            else:
                refused.append(answer.json["detail"])
                assert answer.status in (503, 507), answer
        assert "disk" in refused[0] or "full" in refused[0]
        until(lambda: not ready(node), 40, node.told)
        assert check(node, "disk")["status"] == "failed"
        assert client.get(f"{API}/tasks/{kept[0]}").status == 200
        assert client.get(f"{API}/status").status == 200
        filler.unlink()
        until(lambda: ready(node), 40, node.told)
        kept.append(client.submit("true", requires=NULL).json["id"])
        client.ask("POST", f"{API}/tasks/{running}/cancel")
        until(lambda: all(client.task(task)["state"] == "succeeded" for task in kept), 60, node.told)
    assert node.stop() < 2
    assert node.chorus("log", "verify").returncode == 0
