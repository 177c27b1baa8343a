"""Where the nodes of `chorus up` are: `nodes/1`, `nodes/2`, … in the state dir that it was called on."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chorus.state_dir import node_pid

NODES: Final = "nodes"
MOST: Final = 64
_API_FILE: Final = "api.json"


@dataclass(frozen=True)
class Where:
    """What a node that is ready says of itself in `api.json`."""

    pid: int
    peer_id: str
    api: str
    health: str
    p2p: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """One node's place, whether it runs or not. Its name is its number, from 1."""

    name: str
    state_dir: Path

    @property
    def log(self) -> Path:
        """What the node writes to stderr, since its newest start."""
        return self.state_dir / "agent.log"

    def agent_id(self, given: str) -> str:
        """The display name of the node, when one was given for all of them."""
        return f"{given}-{self.name}"

    def pid(self) -> int | None:
        """Its process: one that holds the lock of the state dir, so never a stranger with an old number."""
        return node_pid(self.state_dir)

    def where(self) -> Where | None:
        """Where it answers; None while it does not run, starts, or stops."""
        pid = self.pid()
        try:
            told = json.loads((self.state_dir / _API_FILE).read_text(encoding="utf-8"))
            where = _where(told)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return where if where.pid == pid else None


def place(root: Path, number: int) -> Place:
    """The place of one node."""
    return Place(str(number), root / NODES / str(number))


def places(root: Path) -> tuple[Place, ...]:
    """Every place that was ever used, in the order of numbers."""
    try:
        names = [path.name for path in (root / NODES).iterdir()]
    except OSError:
        return ()
    numbers = sorted(int(name) for name in names if name.isascii() and name.isdecimal())
    return tuple(place(root, number) for number in numbers)


def _where(told: dict[str, Any]) -> Where:
    return Where(
        int(told["pid"]),
        str(told["peer_id"]),
        str(told["api"]),
        str(told["health"]),
        tuple(map(str, told["p2p"])),
    )
