"""The sandbox that runs nothing is nowhere but where a benchmark asks for it."""

import json
from pathlib import Path

import pytest

from contrib.bench.rig.node import Node

ONLY_NULL = {"CHORUS_PLUGINS_DISABLED": "docker,bwrap"}


def node(tmp_path: Path, site: Path | None, **environment: str) -> Node:
    return Node(tmp_path / "state", {**ONLY_NULL, **environment}, site)


def test_a_normal_installation_does_not_have_it(tmp_path: Path) -> None:
    chorus = node(tmp_path, None)
    assert "null" not in {
        plugin["name"] for plugin in json.loads(chorus.chorus("plugin", "list", "--json").stdout)
    }
    refused = chorus.chorus("run", "--", "true")
    assert (refused.returncode, b"no sandbox" in refused.stderr) == (125, True)


def test_installed_it_still_refuses(tmp_path: Path, null_site: Path) -> None:
    refused = node(tmp_path, null_site).chorus("run", "--", "true")
    assert refused.returncode == 125
    assert b"it runs nothing at all" in refused.stderr


def test_asked_for_it_says_so_and_runs_nothing(tmp_path: Path, null_site: Path) -> None:
    chorus = node(tmp_path, null_site, CHORUS_NULL_SANDBOX="yes")
    touched = tmp_path / "touched"
    done = chorus.chorus("run", "--json", "--", "touch", str(touched))
    assert done.returncode == 0, done.stderr
    assert b"nothing is run" in done.stderr
    assert not touched.exists()
    result = json.loads(done.stdout)["result"]
    assert (result["sandbox"], result["artifacts"]) == ("null", [])
    assert set(result["unlimited"]) >= {"memory", "cpus", "disk", "output"}


@pytest.mark.parametrize("line", ["sleep 60", "sleep inf"])
def test_what_sleeps_can_time_out(tmp_path: Path, null_site: Path, line: str) -> None:
    chorus = node(tmp_path, null_site, CHORUS_NULL_SANDBOX="yes")
    assert chorus.chorus("-q", "run", "--timeout", "0.2", "--", *line.split()).returncode == 124
