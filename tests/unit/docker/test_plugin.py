"""The plugin registers its settings and its sandbox, and costs nothing until it is used."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from chorus_docker import plugin
from chorus_docker.owner import owner_of
from chorus_docker.settings import DOCKER_HOST, IMAGE_PULL
from chorus_hooks.node import STATE_DIR
from chorus_hooks.sandbox import Sandbox
from chorus_hooks.setting import Setting


class Settings:
    def __getitem__(self, setting: Setting[Any]) -> Any:
        return {DOCKER_HOST: "tcp://there", IMAGE_PULL: "never", STATE_DIR: Path("/state")}[setting]

    def explicit(self, setting: Setting[Any]) -> bool:
        return True


def test_it_offers_one_sandbox_and_two_settings() -> None:
    settings: list[Setting[Any]] = []
    sandboxes: list[Sandbox] = []
    plugin.chorus_register_settings(settings.append)
    plugin.chorus_register_sandboxes(sandboxes.append, Settings())
    assert [setting.name for setting in settings] == ["DOCKER_HOST", "CHORUS_IMAGE_PULL"]
    assert [(sandbox.name, sandbox.needs_image) for sandbox in sandboxes] == [("docker", True)]


def test_loading_it_imports_nothing_heavy() -> None:
    look = "import sys, chorus_docker.plugin; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert not {"trio", "docker", "h11", "requests", "asyncio"} & set(found.stdout.split())


def test_owners_differ_by_state_dir() -> None:
    assert owner_of(Path("/a")) == owner_of(Path("/a")) != owner_of(Path("/b"))
