"""The process that hosts the services: where its state is, and which processes on it are alive."""

from pathlib import Path
from typing import Protocol

from chorus_hooks.setting import Setting, path

STATE_DIR: Setting[Path] = Setting(
    "CHORUS_STATE_DIR",
    path,
    Path(),  # the core fills in the default of this machine
    "Identity, journal, blobs and plugins. Default: $XDG_STATE_HOME/chorus, else ~/.local/state/chorus",
)


class Node(Protocol):
    """Given by the core to every service that requires it.

    A *boot* is one run of one process on a state dir. It is alive as long as the operating system holds
    its file lock, so a reused pid or a clock jump cannot fool anybody.
    """

    @property
    def state_dir(self) -> Path:
        """The state dir: exists, private to the user, on a local disk."""
        ...

    @property
    def boot(self) -> str:
        """This process's own boot id: 32 hex digits."""
        ...

    @property
    def scratch(self) -> Path:
        """A private directory on the state dir's disk that goes away with this boot."""
        ...

    def alive(self, boot: str) -> bool:
        """Whether the process of that boot id, on this state dir, still runs."""
        ...
