"""What nodes have on their disks of all journals: whether it is the same everywhere, and nothing is lost."""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Final

from contrib.bench.rig.node import Node

_OWN: Final = "SELECT body FROM entry ORDER BY seq"
_COPIES: Final = (
    "SELECT r.origin, e.body FROM replica r JOIN replica_entry e ON e.replica = r.id ORDER BY r.origin, e.seq"
)
_ORIGIN: Final = "SELECT json_extract(CAST(body AS TEXT), '$.log') FROM entry LIMIT 1"


@dataclass(frozen=True)
class Held:
    """A journal as one node has it: how many entries, and the hash of all their bytes."""

    entries: int
    digest: str


@dataclass
class Ledger:
    """What nodes have acknowledged: ids of tasks, each with the node that took it."""

    tasks: list[tuple[Node, str]] = field(default_factory=list)

    def submit(self, nodes: Iterable[Node]) -> None:
        """One task at each, that waits for ever for a sandbox which nobody has."""
        for node in nodes:
            with node.client() as client:
                answer = client.submit("true", requires=["sandbox:of-nobody"])
            if answer.status not in (201, 202):
                raise RuntimeError(f"{node.state_dir.name} took no task: {answer.raw!r}")
            self.tasks.append((node, answer.json["id"]))

    def missing(self, nodes: Sequence[Node]) -> list[str]:
        """What was acknowledged, and some node has no entry of."""
        found = {node.state_dir.name: text(node) for node in nodes}
        return [
            f"{name} lacks the task {task} of {taker.state_dir.name}"
            for taker, task in self.tasks
            for name, said in found.items()
            if task.encode() not in said
        ]


def held(node: Node) -> Mapping[str, Held]:
    """All journals that a node has, by origin: its own, and its copies."""
    return {origin: Held(len(found), _digest(found)) for origin, found in _bodies(node).items()}


def text(node: Node) -> bytes:
    """All entries of all journals that a node has."""
    return b"\n".join(body for found in _bodies(node).values() for body in found)


def unequal(nodes: Sequence[Node]) -> str | None:
    """What is not the same at all nodes; None when each has every journal of each, byte for byte."""
    found = {node.state_dir.name: held(node) for node in nodes}
    first = next(iter(found.values()))
    if all(one == first for one in found.values()) and len(first) >= len(nodes):
        return None
    return "\n".join(
        f"{name} has {origin.rpartition('/')[2][:8]} {log.entries} {log.digest[:8]}"
        for name, logs in found.items()
        for origin, log in sorted(logs.items())
    )


def _bodies(node: Node) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    with closing(sqlite3.connect(f"file:{node.state_dir / 'journal.db'}?mode=ro", uri=True)) as database:
        for (origin,) in database.execute(_ORIGIN):
            found[origin] = [body for (body,) in database.execute(_OWN)]
        for origin, body in database.execute(_COPIES):
            found.setdefault(origin, []).append(body)
    return found


def _digest(bodies: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for body in bodies:
        whole.update(len(body).to_bytes(8, "big") + body)
    return whole.hexdigest()
