"""Tells plugins what happened, each on its own: a listener that raises harms nobody."""

import logging

from chorus.plugins import PluginHost
from chorus_hooks.members import Member
from chorus_hooks.setting import Config
from chorus_hooks.task import Task

_log = logging.getLogger("chorus.events")


class PluginEvents:
    """Implements `chorus_hooks.event.Events` over the `chorus_on_*` hooks."""

    def __init__(self, plugins: PluginHost) -> None:
        self._plugins = plugins

    def task_changed(self, task: Task) -> None:
        """A committed change of a task."""
        self._tell("chorus_on_task_changed", task=task)

    def peer_changed(self, member: Member) -> None:
        """A peer came, went, or says something else of itself."""
        self._tell("chorus_on_peer_changed", member=member)

    def reloaded(self, config: Config) -> None:
        """Live settings have new values."""
        self._tell("chorus_on_reload", config=config)

    def _tell(self, hook: str, **event: object) -> None:
        for plugin, listener in self._plugins.each(hook):
            try:
                listener(**event)
            except Exception:
                _log.exception("plugin %s failed in %s", plugin.name, hook)
