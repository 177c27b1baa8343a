"""The process that hosts the services: where its state is, and which processes on it are alive."""

from pathlib import Path
from typing import Protocol

from chorus_hooks.setting import Config, Setting, path, text

STATE_DIR: Setting[Path] = Setting(
    "CHORUS_STATE_DIR",
    path,
    Path(),  # the core fills in the default of this machine
    "Identity, journal, blobs and plugins. Default: $XDG_STATE_HOME/chorus, else ~/.local/state/chorus",
)
AGENT_ID: Setting[str] = Setting(
    "CHORUS_AGENT_ID", text, "", "Display name of this node. Default: derived from the peer id"
)


def agent_id(config: Config, peer_id: str) -> str:
    """The display name of the node: as set, else derived from its peer id."""
    return config[AGENT_ID] or f"chorus-{peer_id[-8:]}"


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
    def serving(self) -> bool:
        """Whether this process is a node that serves others, and not one command."""
        ...

    @property
    def version(self) -> str:
        """The version of CHORUS, as `chorus --version` tells it."""
        ...

    @property
    def scratch(self) -> Path:
        """A private directory on the state dir's disk that goes away with this boot."""
        ...

    def alive(self, boot: str) -> bool:
        """Whether the process of that boot id, on this state dir, still runs."""
        ...
