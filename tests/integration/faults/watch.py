"""What a node uses while something is done to it, and how it serves others meanwhile."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from contrib.bench.rig.node import Node

MIB = 1 << 20


@dataclass
class Meanwhile:
    """Memory at the beginning and at most, in bytes; how long each GET of others took, in seconds."""

    before: int
    most: int = 0
    took: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    @property
    def grown(self) -> float:
        """MiB."""
        return (self.most - self.before) / MIB

    @property
    def slowest(self) -> float:
        return max(self.took)


@contextmanager
def meanwhile(node: Node, path: str = "/api/v1/status", every_s: float = 0.05) -> Iterator[Meanwhile]:
    """Samples the node's memory, and asks it something on fresh connections, as long as the body runs."""
    seen = Meanwhile(node.rss(), node.rss())
    done = threading.Event()

    def look() -> None:
        while not done.wait(every_s):
            seen.most = max(seen.most, node.rss())
            began = time.perf_counter()
            try:
                with node.client(timeout_s=20) as client:
                    status = client.get(path).status
            except OSError as error:
                seen.failed.append(f"{type(error).__name__}: {error}")
            else:
                if status != 200:
                    seen.failed.append(str(status))
            seen.took.append(time.perf_counter() - began)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()
