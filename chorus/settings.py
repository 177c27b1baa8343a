"""The settings of the core itself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chorus_hooks.endpoint import API_TOKEN, URL
from chorus_hooks.failpoint import FAILPOINT
from chorus_hooks.leftover import RETENTION
from chorus_hooks.node import AGENT_ID, STATE_DIR
from chorus_hooks.setting import Setting, boolean, choice, names

PLUGINS_DISABLED: Setting[tuple[str, ...]] = Setting(
    "CHORUS_PLUGINS_DISABLED", names, (), "Plugins not to load, comma-separated"
)
LOG_LEVEL: Setting[str] = Setting(
    "CHORUS_LOG_LEVEL",
    choice("debug", "info", "warning", "error"),
    "info",
    "How much is logged. Short commands log warnings only, unless this or -v asks for more",
    live=True,
)
LOG_FORMAT: Setting[str | None] = Setting(
    "CHORUS_LOG_FORMAT", choice("json", "text"), None, "Default: text on a terminal, else json"
)
DEBUG: Setting[bool] = Setting("CHORUS_DEBUG", boolean, False, "Show tracebacks, as -vv does")

CORE: tuple[Setting[Any], ...] = (
    STATE_DIR,
    AGENT_ID,
    PLUGINS_DISABLED,
    LOG_LEVEL,
    LOG_FORMAT,
    DEBUG,
    RETENTION,
    URL,
    API_TOKEN,
    FAILPOINT,
)


def default_state_dir(environment: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/chorus`, else `~/.local/state/chorus` (XDG Base Directory Specification)."""
    base = environment.get("XDG_STATE_HOME", "")
    root = Path(base) if base.startswith("/") else Path("~/.local/state").expanduser()
    return root / "chorus"


def debugging(environment: Mapping[str, str]) -> bool:
    """Whether CHORUS_DEBUG asks for tracebacks. Asked before the configuration is read."""
    try:
        return boolean(environment.get(DEBUG.name) or "off")
    except ValueError:
        return False
