"""Three nodes of one mesh: one works, another one tells of it, and what the first signed outlives it."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from program import Chorus, command_line
from steps import EXAMPLES

NODES: Final = 3
SOURCE: Final = str(EXAMPLES / "shell-report")
WORK: Final = ["run", "--detach", "--name", "report", "--source", SOURCE, "--", "sh", "report.sh"]
PATIENCE_S: Final = 15.0

Peers = list[dict[str, Any]]


@dataclass
class Mesh:
    """What came of it. `entries` of the killed node were in a copy; it was `back` after so many seconds."""

    back: float = 0.0
    entries: int = 0
    faults: list[str] = field(default_factory=list)


class Unexpected(Exception):
    """The story cannot go on."""


class Story:
    """Types one command after the other. `prompt` shows a command line."""

    def __init__(self, chorus: Chorus, state: Path, prompt: Callable[[str], None]) -> None:
        self._chorus = chorus
        self._state = state
        self._prompt = prompt

    def tell(self) -> Mesh:
        """All of it; the nodes have ended afterwards, whatever happened."""
        mesh = Mesh()
        try:
            self._tell(mesh)
        except Unexpected as fault:
            mesh.faults.append(str(fault))
        finally:
            if not self._succeeds("down"):
                mesh.faults.append("the nodes did not stop")
        return mesh

    def _tell(self, mesh: Mesh) -> None:
        self._type("up", "-n", str(NODES), "--detach")
        worker, pid = self._first()
        self._prompt(command_line(WORK))
        task = self._chorus.output(*WORK).strip()  # only its id
        self._type("--state-dir", str(self._state / "nodes" / "2"), "task", "logs", "-f", task[:12])
        self._until(lambda peers: _copied(peers, worker), "its log was not copied", at="2")
        self._prompt(f"kill -9 {pid}")
        os.kill(pid, signal.SIGKILL)
        self._until(lambda peers: _is(peers, worker, "dead"), "nobody noticed the kill")
        self._type("peers")
        self._type("log", "verify", "--peer", worker)
        mesh.entries = int(self._chorus.json("log", "verify", "--peer", worker)["size"])
        began = time.monotonic()
        self._type("up", "-n", str(NODES), "--detach")
        self._until(lambda peers: all(peer["state"] == "alive" for peer in peers), "it did not come back")
        mesh.back = time.monotonic() - began

    def _first(self) -> tuple[str, int]:
        """Peer id and process of the node that commands use; `up` tells of those that run already, too."""
        first = self._chorus.json("up", "-n", str(NODES), "--detach")["nodes"][0]
        return str(first["peer_id"]), int(first["pid"])

    def _type(self, *arguments: str) -> None:
        if not self._succeeds(*arguments):
            raise Unexpected(f"{command_line(list(arguments))} failed")

    def _succeeds(self, *arguments: str) -> bool:
        self._prompt(command_line(list(arguments)))
        return self._chorus.run(*arguments) == 0

    def _until(self, holds: Callable[[Peers], bool], otherwise: str, at: str = "") -> None:
        """Ask a node who is there, again and again."""
        where = ("--state-dir", str(self._state / "nodes" / at)) if at else ()
        began = time.monotonic()
        while time.monotonic() - began < PATIENCE_S:
            if holds(self._chorus.json(*where, "peers")):
                return
        raise Unexpected(otherwise)


def _is(peers: Peers, peer_id: str, state: str) -> bool:
    return any(peer["peer_id"] == peer_id and peer["state"] == state for peer in peers)


def _copied(peers: Peers, peer_id: str) -> bool:
    shares = [peer["journal"] for peer in peers if peer["peer_id"] == peer_id]
    return any(share is not None and share["replicated"] == share["size"] for share in shares)
