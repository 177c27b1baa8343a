"""Events inside one process: told to the plugins, which may not change anything by them."""

from typing import Protocol

from chorus_hooks.members import Member
from chorus_hooks.task import Task


class Events(Protocol):
    """Tells every plugin that listens. Given by the core."""

    def task_changed(self, task: Task) -> None:
        """A committed change of a task. A listener that raises is named in the log and harms nobody."""
        ...

    def peer_changed(self, member: Member) -> None:
        """A peer came, went, or says something else of itself. Listeners as above."""
        ...
