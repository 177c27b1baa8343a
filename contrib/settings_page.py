"""`make docs`: writes docs/configuration.md from the settings that the code declares."""

import sys
from pathlib import Path
from typing import Any

from chorus.plugins import OWN_DISTRIBUTION, PluginHost, discover
from chorus.registry import Registry
from chorus.settings import CORE
from chorus_hooks.setting import Setting

PAGE = Path(__file__).resolve().parents[1] / "docs" / "configuration.md"

HEAD = """\
# Configuration

Written by `make docs` from the settings that the code declares; do not edit.

CHORUS is configured by environment variables and by nothing else. For every `NAME` there is `NAME_FILE`,
which reads the value from a file. All values are checked before anything starts: `chorus` then lists every
fault and ends with 78. A variable `CHORUS_…` that it does not know is a warning that names the nearest
known one. `chorus config` shows the values in force and where each one comes from; secrets are masked.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """The whole page. Raises RuntimeError when a built-in plugin cannot be asked."""
    plugins = PluginHost(point for point in discover() if point[1] == OWN_DISTRIBUTION)
    entries = Registry(plugins).settings()
    for plugin in plugins.plugins:
        if plugin.status != "ok":
            raise RuntimeError(f"plugin {plugin.name}: {plugin.error}")
    settings = [*CORE, *(entry.value for entry in entries.values())]
    return HEAD + "".join(line(setting) for setting in sorted(settings, key=lambda setting: setting.name))


def line(setting: Setting[Any]) -> str:
    """One row of the table. A default that depends on the machine is told by the help text."""
    default = "" if "Default:" in setting.help else shown(setting.default)
    return (
        f"| `{setting.name}` | {default and f'`{default}`'} | {setting.help.replace('|', chr(92) + '|')} |\n"
    )


def shown(value: object) -> str:
    """A default as it would be typed."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stderr.write("wrote docs/configuration.md\n")
