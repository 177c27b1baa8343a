"""The clock of the machine is set an hour ahead, and back, while a node works.

libfaketime moves the wall clock of the node's process alone; the steady clock, by which it waits, goes on.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from tests.integration.faults.checks import check

LIBRARIES = tuple(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
NULL = ["sandbox:null"]


@pytest.fixture
def clock(node: Node, tmp_path: Path) -> Iterator[Path]:
    """A file that says how far off the node's clock is."""
    if not LIBRARIES:
        if os.environ.get("CHORUS_TEST_STRICT") == "1":
            pytest.fail("libfaketime is missing, which strict mode demands")
        pytest.skip("libfaketime is missing; try: apt-get install faketime")
    offset = tmp_path / "offset"
    offset.write_text("+0")
    node.environment = {
        **node.environment,
        "LD_PRELOAD": str(LIBRARIES[0]),
        "FAKETIME_TIMESTAMP_FILE": str(offset),
        "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }
    yield offset


@pytest.mark.slow
@pytest.mark.parametrize("steps", [("+3600", "+0"), ("-3600", "+0")], ids=["ahead", "back"])
def test_nothing_ends_early_or_hangs_and_the_step_is_told(
    node: Node, clock: Path, steps: tuple[str, str]
) -> None:
    node.start()
    with node.client() as client:
        long = client.submit("sleep 600", requires=NULL, limits={"timeout_s": 1200}).json["id"]
        until(lambda: client.task(long)["state"] == "running", 20, node.told)
        until(lambda: check(node, "clock")["at"] != "", 20, node.told)
        for step in steps:
            clock.write_text(step)
            ended = client.submit("sleep 0.2", requires=NULL).json["id"]
            until(lambda ended=ended: client.task(ended)["state"] == "succeeded", 10, node.told)  # type: ignore[misc]
            assert client.task(ended)["result"]["usage"]["wall_s"] < 10
            assert client.task(long)["state"] == "running"
            # Two steps between two looks would be none: the check is given its ten seconds after each.
            until(lambda: "the clock was set" in check(node, "clock")["text"], 30, node.told)
        tasks = client.get(f"{API}/tasks").json["tasks"]
        assert [task["id"] for task in tasks][-1] == long
    assert node.stop() < 2
