"""The checks `platform`, `plugins` and `configuration`: what CHORUS runs with, until its next start."""

import os
import platform
import sys
from typing import Final

import trio.lowlevel

from chorus import __version__
from chorus.config import EnvironmentConfig
from chorus.plugins import PluginHost
from chorus_hooks.health import Check, Finding
from chorus_hooks.service import Capabilities

SELDOM_S: Final = 300.0


def platform_check() -> Check:
    """What runs it: told for whoever reads a report, never wrong in itself."""

    async def probe(_: Capabilities) -> Finding:
        await trio.lowlevel.checkpoint()
        kernel = os.uname()
        python = f"Python {platform.python_version()} ({sys.executable})"
        return Finding("ok", f"CHORUS {__version__}, {python}, Linux {kernel.release} {kernel.machine}")

    return Check("platform", probe, every=SELDOM_S)


def plugins_check(plugins: PluginHost) -> Check:
    """Every plugin loads, and says what it brings."""

    async def probe(_: Capabilities) -> Finding:
        await trio.lowlevel.checkpoint()
        failed = [
            f"{plugin.name} ({plugin.error})" for plugin in plugins.plugins if plugin.status == "failed"
        ]
        if failed:
            return Finding(
                "failed",
                f"plugins that do not work: {', '.join(failed)}",
                "`chorus plugin list` shows them; correct or uninstall them, or set CHORUS_PLUGINS_DISABLED",
            )
        used = [plugin.name for plugin in plugins.plugins if plugin.status == "ok"]
        return Finding("ok", f"{len(used)} plugins: {', '.join(used)}")

    return Check("plugins", probe, every=SELDOM_S)


def configuration_check(config: EnvironmentConfig) -> Check:
    """No variable that looks like ours and is not."""

    async def probe(_: Capabilities) -> Finding:
        await trio.lowlevel.checkpoint()
        if config.warnings:
            return Finding("warning", "; ".join(config.warnings), "`chorus config` lists every setting")
        explicit = [name for name, value in config.values.items() if value.origin != "default"]
        return Finding(
            "ok", f"set: {', '.join(explicit)}" if explicit else "all settings are at their default"
        )

    return Check("configuration", probe, every=SELDOM_S)
