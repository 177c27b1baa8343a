"""A real third-party distribution, built, installed and used as its author would."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """contrib/chorus-plugin-hello, installed into a directory of its own."""
    target = tmp_path_factory.mktemp("site")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
    ]
    source = ROOT / "contrib" / "chorus-plugin-hello"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PIP_")}
    subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", target, source], check=True, env=environment
    )
    return target


def chorus(site: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "chorus", *arguments],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "HOME": str(site / "home"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_is_listed_as_third_party(site: Path) -> None:
    listed = {
        plugin["name"]: plugin for plugin in json.loads(chorus(site, "plugin", "list", "--json").stdout)
    }
    assert (listed["hello"]["origin"], listed["hello"]["status"]) == ("third-party", "ok")


def test_info_tells_what_it_brings(site: Path) -> None:
    info = json.loads(chorus(site, "plugin", "info", "hello", "--json").stdout)
    assert (info["settings"], info["commands"], info["services"]) == (
        ["CHORUS_HELLO_NAME"],
        ["hello"],
        ["hello"],
    )
    assert {"chorus_on_task_changed", "chorus_on_peer_changed"} <= set(info["hooks"])


def test_its_command_uses_its_service_and_its_setting(site: Path) -> None:
    assert chorus(site, "hello", CHORUS_HELLO_NAME="Ada").stdout == "hello, Ada\n"
    assert json.loads(chorus(site, "hello", "--json").stdout) == {"greeting": "hello, world"}


def test_disabled_it_is_gone(site: Path) -> None:
    done = chorus(site, "hello", CHORUS_PLUGINS_DISABLED="hello")
    assert done.returncode == 2
    assert "No such command 'hello'" in done.stderr
