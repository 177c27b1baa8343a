"""How soon an entry can be read everywhere, and how fast a long journal is copied."""

import json
import random
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contrib.bench.rig.client import API
from contrib.bench.rig.copies import Copies, copies
from contrib.bench.rig.mesh import Mesh, mesh
from contrib.bench.rig.node import until
from contrib.bench.rig.row import at_least, at_most, percentile
from contrib.bench.rig.written import write_journal

NODES = 5
APPENDED = 300
APART_S = 0.05
READABLE_S = 30.0
COPIED = 1_000_000
COPY_S = 300.0
NOBODYS: dict[str, Any] = {"requires": ["sandbox:nobody-has-it"]}
"""A task that stays in the queue: one entry, and no work that competes with what is measured."""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        readable = appended(Path(scratch) / "readable")
        copy = copied(Path(scratch) / "copied")
    rows = [
        at_most(f"an entry readable on all of {NODES}, p50", percentile(readable, 0.5), "ms", 150),
        at_most(f"an entry readable on all of {NODES}, p99", percentile(readable, 0.99), "ms", 1000),
        at_least("copying from a peer, entries", copy.rate, "/s", 5000),
        at_most("a new node is ready beside a journal of a million", copy.ready_s, "s"),
        at_most("it has all of it", copy.whole_s, "s"),
        at_most("its API answers meanwhile, p99", percentile(copy.answers_ms, 0.99), "ms"),
        at_most("memory that copying takes", copy.grown_mib, "MiB"),
    ]
    notes = [
        f"{APPENDED} entries, one each {1000 * APART_S:g} ms, by each node in turn; from the request that"
        " makes a node append until the last of the others has it in its database, proved and synced",
        f"copying: {COPIED:,} entries of about 500 bytes by a node with an empty state dir, once; each entry"
        " hashed, proved and synced; ready and all of it: from when its process starts; memory: how much the"
        " node grew from its first entry to its last",
    ]
    json.dump({"title": "Mesh: journals", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def appended(scratch: Path) -> list[float]:
    """The milliseconds of each entry."""
    scratch.mkdir()
    with mesh(scratch, NODES) as nodes, ExitStack() as stack:
        for node in nodes.nodes:
            node.start()
        nodes.wait()
        readers = [stack.enter_context(copies(node.state_dir)) for node in nodes.nodes]
        return [one(nodes, readers, number % NODES) for number in range(APPENDED)]


def one(nodes: Mesh, readers: list[Copies], number: int) -> float:
    """Append on one node, and look until all others have it."""
    time.sleep(APART_S)
    author, mark = nodes.nodes[number], f"{random.getrandbits(128):032x}"
    peer_id = author.where["peer_id"]
    missing = [reader for at, reader in enumerate(readers) if at != number]
    since = min(reader.size(peer_id) for reader in missing)
    with author.client() as client:
        began = time.perf_counter()
        answer = client.submit(f"echo {mark}", **NOBODYS)
        if answer.status >= 300:
            raise RuntimeError(f"a task was refused: {answer.raw!r}")
        while missing:
            missing = [reader for reader in missing if not reader.has(peer_id, mark, since)]
            if time.perf_counter() - began > READABLE_S:
                raise RuntimeError(f"{len(missing)} nodes do not have the entry")
            time.sleep(0.001)
    return 1000 * (time.perf_counter() - began)


@dataclass(frozen=True)
class Copy:
    """How the copying of a long journal went: seconds until the node was ready, and until it had all; by how
    much it grew while it copied; and the milliseconds that its API took meanwhile."""

    ready_s: float
    whole_s: float
    rate: float
    grown_mib: float
    answers_ms: list[float]


def copied(scratch: Path) -> Copy:
    """Start a node that has nothing, beside one with a long journal."""
    scratch.mkdir()
    with mesh(scratch, 2) as nodes:
        author, copying = nodes.nodes
        peer_id = write_journal(author.state_dir, COPIED)
        author.start()
        began = time.perf_counter()
        copying.start()
        ready = time.perf_counter()
        answers = []
        with copies(copying.state_dir) as reader, copying.client() as client:
            until(lambda: reader.size(peer_id) > 0, COPY_S, copying.told)
            started, first, before = time.perf_counter(), reader.size(peer_id), copying.rss()
            while reader.size(peer_id) < COPIED:
                asked = time.perf_counter()
                if client.get(f"{API}/peers").status != 200:
                    raise RuntimeError("the node does not answer while it copies")
                answers.append(1000 * (time.perf_counter() - asked))
                if asked - started > COPY_S:
                    raise RuntimeError(f"it has not all of it\n{copying.told()}")
                time.sleep(0.05)
            ended = time.perf_counter()
        return Copy(
            ready_s=ready - began,
            whole_s=ended - began,
            rate=(COPIED - first) / (ended - started),
            grown_mib=(copying.rss() - before) / (1 << 20),
            answers_ms=answers,
        )


if __name__ == "__main__":
    main()
