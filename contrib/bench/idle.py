"""What a node costs that has nothing to do: processor time over a minute, and memory."""

import json
import sys
import tempfile
import time
from pathlib import Path

from contrib.bench.rig.node import Node, running
from contrib.bench.rig.row import at_most

SETTLE_S = 10.0
IDLE_S = 60.0


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch,
        running(Path(scratch) / "state") as node,
    ):
        percent = idle_percent(node)
        memory = node.rss() / (1 << 20)
    rows = [
        at_most("idle node, processor", percent, "%", 1.0),
        at_most("idle node, memory", memory, "MiB", 120),
    ]
    notes = [
        f"over {IDLE_S:g} s, which include its health checks; the share is of one core; memory is resident"
    ]
    json.dump({"title": "Idling", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def idle_percent(node: Node) -> float:
    time.sleep(SETTLE_S)
    before, began = node.cpu_s(), time.monotonic()
    time.sleep(IDLE_S)
    return 100 * (node.cpu_s() - before) / (time.monotonic() - began)


if __name__ == "__main__":
    main()
