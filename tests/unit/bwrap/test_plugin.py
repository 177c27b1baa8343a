"""Registering costs nothing until a sandbox is wanted."""

import subprocess
import sys
from pathlib import Path

from chorus_bwrap import plugin
from chorus_bwrap.settings import BWRAP_RO
from chorus_hooks.sandbox import Sandbox
from chorus_hooks.setting import Setting


class Config:
    def __getitem__(self, setting: Setting[object]) -> object:
        assert setting is BWRAP_RO
        return (Path("/opt/tool"),)


def test_importing_it_loads_nothing_heavy() -> None:
    look = "import sys, chorus_bwrap.plugin; print(sorted({'trio', 'subprocess'} & set(sys.modules)))"
    said = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True).stdout
    assert said == "[]\n"


def test_it_registers_one_setting_and_one_sandbox() -> None:
    settings: list[Setting[object]] = []
    sandboxes: list[Sandbox] = []
    plugin.chorus_register_settings(settings.append)
    plugin.chorus_register_sandboxes(sandboxes.append, Config())  # type: ignore[arg-type]
    assert settings == [BWRAP_RO]
    assert [(sandbox.name, sandbox.needs_image) for sandbox in sandboxes] == [("bwrap", False)]


def test_the_setting_reads_several_directories() -> None:
    assert BWRAP_RO.parse("/a:/b") == (Path("/a"), Path("/b"))
    assert BWRAP_RO.default == ()
