"""How long the commands take that talk to a running node, from their start to their end."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contrib.bench.rig import null_sandbox
from contrib.bench.rig.node import Node, running, until
from contrib.bench.rig.row import at_most

ROUNDS = 15
TASKS = 50
CHORUS = str(Path(sys.executable).with_name("chorus"))


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        site = null_sandbox.install(Path(scratch) / "site")
        with running(Path(scratch) / "state", {"CHORUS_NULL_SANDBOX": "yes"}, site) as node:
            task = fill(node)
            commands = [["status"], ["task", "list"], ["task", "show", task], ["task", "logs", task]]
            times = measure(node, commands)
    rows = [
        at_most(f"chorus {' '.join(command[:2])}", 1000 * statistics.median(seconds), "ms", 300)
        for command, seconds in zip(commands, times, strict=True)
    ]
    notes = [f"medians of {ROUNDS} rounds in turn, with {TASKS} tasks there; the node is idle"]
    json.dump(
        {"title": "Commands with a running node", "rows": rows, "notes": notes, "skipped": []}, sys.stdout
    )


def fill(node: Node) -> str:
    """Some tasks that have ended; returns the last one."""
    with node.client() as client:
        tasks = [client.submit("true", requires=["sandbox:null"]).json["id"] for _ in range(TASKS)]
        until(lambda: all(client.task(task)["state"] == "succeeded" for task in tasks), 60, node.told)
    return str(tasks[-1])


def measure(node: Node, commands: list[list[str]]) -> list[list[float]]:
    times: list[list[float]] = [[] for _ in commands]
    for turn in range(ROUNDS + 1):
        for seconds, command in zip(times, commands, strict=True):
            began = time.perf_counter()
            subprocess.run(
                [CHORUS, *command],
                env=node.env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                check=True,
            )  # with a timeout, Popen would look for the end each 50 ms only
            if turn:  # the first one warms the page cache
                seconds.append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    main()
