"""The page of environment variables, from the settings that the core and the plugins declare."""

from typing import Any

from chorus.registry import Registry
from chorus.settings import CORE
from chorus_hooks.setting import Setting
from contrib.reference.markdown import page, quoted, table

LEAD = """\
CHORUS is configured by environment variables and by nothing else. For every `NAME` there is `NAME_FILE`,
which reads the value from a file. All values are checked before anything starts: `chorus` then lists every
fault and ends with 78. A variable `CHORUS_…` that it does not know is a warning that names the nearest
known one. `chorus config` shows the values in force and where each one comes from; secrets are masked.

*live*: a running `chorus agent` takes a new value on SIGHUP; everything else needs a restart. *secret*:
masked wherever settings are shown."""


def environment_page(registry: Registry) -> str:
    """The whole page."""
    settings = [*CORE, *(entry.value for entry in registry.settings().values())]
    rows = [row(setting) for setting in sorted(settings, key=lambda setting: setting.name)]
    return page("Environment", LEAD, table(("variable", "default", "", "meaning"), rows))


def row(setting: Setting[Any]) -> tuple[str, str, str, str]:
    """One row of the table. A default that depends on the machine is told by the help text."""
    default = "" if "Default:" in setting.help else shown(setting.default)
    marks = ", ".join(name for name in ("live", "secret") if getattr(setting, name))
    return quoted(setting.name), quoted(default), marks, setting.help


def shown(value: object) -> str:
    """A default as it would be typed."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, float):
        return f"{value:g}"
    return "" if value is None else str(value)
