"""Two network namespaces with a cable between them, and no route to anywhere else."""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

PROGRAM = Path(__file__).with_name("show.py")
PEERS = [f"12D3KooWBmwkafWE2fqfzS96VoTZgpGp6aJsF4N7eAR5AHXCTd{mark}" for mark in ("K8", "K9")]


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


@pytest.fixture
def machines() -> Iterator[tuple[str, str]]:
    left, right = (f"chorus-{side}-{secrets.token_hex(3)}" for side in "lr")
    made = []
    try:
        for name in (left, right):
            _ip("netns", "add", name)
            made.append(name)
        _ip("-n", left, "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", right)
        for name, ip in ((left, "10.77.0.1/24"), (right, "10.77.0.2/24")):
            _ip("-n", name, "addr", "add", ip, "dev", "cable")
            _ip("-n", name, "link", "set", "cable", "up")
        yield left, right
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no network namespaces here: {error}")
    finally:
        for name in made:
            _ip("netns", "del", name)


def test_two_machines_without_a_default_route_find_each_other(machines: tuple[str, str]) -> None:
    tag = secrets.token_hex(8)
    nodes = [
        subprocess.Popen(
            ["ip", "netns", "exec", name, sys.executable, str(PROGRAM), peer, tag, ip],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        for name, peer, ip in zip(machines, PEERS, ("10.77.0.1", "10.77.0.2"), strict=True)
    ]
    try:
        told = [[node.stdout.readline().strip() for _ in range(2)] for node in nodes if node.stdout]
        assert told == [
            ["shown", f"/ip4/10.77.0.2/tcp/9000/p2p/{PEERS[1]}"],
            ["shown", f"/ip4/10.77.0.1/tcp/9000/p2p/{PEERS[0]}"],
        ]
    finally:
        for node in nodes:
            node.communicate(timeout=10)
    assert [node.returncode for node in nodes] == [0, 0]
