"""The core's own checks: the state dir and its disk, the clock, and what CHORUS runs with."""

from chorus.checks.clock import clock_check
from chorus.checks.disk import disk_check
from chorus.checks.installation import configuration_check, platform_check, plugins_check
from chorus.checks.state_dir import state_dir_check
from chorus.config import EnvironmentConfig
from chorus.plugins import PluginHost
from chorus_hooks.health import Check


def core_checks(config: EnvironmentConfig, plugins: PluginHost) -> tuple[Check, ...]:
    """All of them."""
    return (
        platform_check(),
        plugins_check(plugins),
        configuration_check(config),
        state_dir_check(),
        disk_check(),
        clock_check(),
    )
