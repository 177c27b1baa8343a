"""Who runs is who holds the lock; what a file says is believed of nobody else."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from chorus.local_mesh.ending import stop
from chorus.local_mesh.place import place, places
from chorus.state_dir import open_state_dir

WHERE = {
    "api": "http://127.0.0.1:1",
    "health": "http://127.0.0.1:2",
    "p2p": ["/ip4/127.0.0.1/tcp/3"],
    "peer_id": "12D3",
}


def test_places_are_numbers_in_their_order_and_nothing_else(tmp_path: Path) -> None:
    assert places(tmp_path) == ()
    for name in ("10", "2", "join", "x1", "\u0661"):
        (tmp_path / "nodes" / name).mkdir(parents=True)
    assert [found.name for found in places(tmp_path)] == ["2", "10"]


def test_a_node_that_is_up_says_where_and_what_a_dead_one_left_is_not_believed(tmp_path: Path) -> None:
    one = place(tmp_path, 1)
    with open_state_dir(one.state_dir, serving=True):
        assert one.pid() == os.getpid()
        assert one.where() is None
        (one.state_dir / "api.json").write_text(json.dumps({**WHERE, "pid": os.getpid() + 1}))
        assert one.where() is None
        (one.state_dir / "api.json").write_text(json.dumps({**WHERE, "pid": os.getpid()}))
        where = one.where()
        assert where is not None
        assert where.p2p == ("/ip4/127.0.0.1/tcp/3",)
    assert (one.pid(), one.where()) == (None, None)


@pytest.mark.parametrize("junk", ["", "[]", "null", '{"pid":"x"}', '{"pid":1}'])
def test_junk_in_the_file_is_a_node_that_is_not_ready(tmp_path: Path, junk: str) -> None:
    one = place(tmp_path, 1)
    with open_state_dir(one.state_dir, serving=True):
        (one.state_dir / "api.json").write_text(junk)
        assert one.where() is None


def test_a_stranger_with_the_number_of_a_dead_node_is_not_touched(tmp_path: Path) -> None:
    one = place(tmp_path, 1)
    with open_state_dir(one.state_dir, serving=True):
        pass
    stranger = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (one.state_dir / "node.lock").write_text(str(stranger.pid))
        assert trio.run(stop, [one]) == ([], [])
        assert stranger.poll() is None
    finally:
        stranger.communicate()
    assert stranger.returncode != -15
