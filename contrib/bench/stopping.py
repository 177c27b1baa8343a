"""How soon a node is gone after SIGTERM: idle, and with everything under way that could hold it.

Under way are a request whose body never comes, an event stream that somebody reads, and a task in a real
sandbox.
"""

import json
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from contrib.bench.rig.node import Node, running, until
from contrib.bench.rig.row import at_most

ROUNDS = 7
TARGET_S = 1.0


def main() -> None:
    skipped = []
    rows = []
    with tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch:
        idle = [one(Path(scratch) / f"idle-{number}", busy=False) for number in range(ROUNDS)]
        rows += [at_most("SIGTERM, an idle node", statistics.median(idle), "s", TARGET_S)]
        if bwrap_works():
            busy = [one(Path(scratch) / f"busy-{number}", busy=True) for number in range(ROUNDS)]
            rows += [
                at_most("SIGTERM, a busy node", statistics.median(busy), "s", TARGET_S),
                at_most("SIGTERM, a busy node, the slowest", max(busy), "s", TARGET_S),
            ]
        else:
            skipped.append("a busy node: no bwrap on this machine, or it may not make namespaces")
    notes = [
        "busy: a request whose body never comes, an event stream that somebody reads, a task in bwrap",
        f"{ROUNDS} rounds each",
    ]
    json.dump({"title": "Stopping", "rows": rows, "notes": notes, "skipped": skipped}, sys.stdout)


def bwrap_works() -> bool:
    bwrap = shutil.which("bwrap")
    return (
        bwrap is not None
        and not subprocess.run([bwrap, "--ro-bind", "/", "/", "--unshare-all", "true"]).returncode
    )


def one(state_dir: Path, *, busy: bool) -> float:
    """The seconds from SIGTERM to the end of a node."""
    with ExitStack() as stack:
        node = stack.enter_context(running(state_dir, {"CHORUS_SANDBOX": "bwrap"}))
        if busy:
            burden(node, stack)
        return node.stop()


def burden(node: Node, stack: ExitStack) -> None:
    """Everything that could hold it."""
    client = stack.enter_context(node.client())
    task = client.submit("echo begun; sleep 600").json["id"]
    stream = stack.enter_context(dial(node, "GET", f"/api/v1/tasks/{task}/logs"))
    stream.settimeout(20)
    seen = b""
    while b"begun" not in seen and b"YmVndW4K" not in seen:
        seen += (more := stream.recv(1 << 16))
        if not more:
            raise RuntimeError(f"the stream ended: {seen!r}")
    until(lambda: client.task(task)["state"] == "running", 20, node.told)
    hung = stack.enter_context(dial(node, "POST", "/api/v1/tasks", "Content-Length: 1000"))
    hung.sendall(b'{"commands":')


def dial(node: Node, method: str, path: str, *headers: str) -> socket.socket:
    """Send the head of a request by hand."""
    with node.client() as client:
        connection = socket.create_connection((client.host, client.port), timeout=20)
        lines = [
            f"{method} {path} HTTP/1.1",
            f"Host: {client.host}:{client.port}",
            f"Authorization: Bearer {client.token}",
            "Content-Type: application/json",
            *headers,
        ]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    return connection


if __name__ == "__main__":
    main()
