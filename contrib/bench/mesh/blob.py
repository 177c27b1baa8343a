"""Bringing a blob from a peer until it is checked and stored, beside the same bytes over TCP."""

import hashlib
import json
import random
import socket
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

from contrib.bench.rig.client import API
from contrib.bench.rig.mesh import mesh
from contrib.bench.rig.node import Node
from contrib.bench.rig.row import at_least

SIZE = 64 << 20
TIMES = 5
HOLDERS = 2
PIECE = 64 << 10
MB = 1e6


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="chorus-bench-") as scratch,
        mesh(Path(scratch), 1 + HOLDERS) as nodes,
    ):
        for node in nodes.nodes:
            node.start()
        nodes.wait()
        asking, *holders = nodes.nodes
        bare, one, several = [], [], []
        for number in range(TIMES):
            data = random.Random(number).randbytes(SIZE)
            bare.append(raw_tcp(data))
            one.append(bring(asking, holders[:1], data))
            data = random.Random(TIMES + number).randbytes(SIZE)
            several.append(bring(asking, holders, data))
    rate = statistics.median(one)
    rows = [
        at_least("a blob of 64 MiB from one peer", rate, "MB/s", 40),
        at_least("the same as a share of bare TCP", rate / statistics.median(bare), "x", 0.08),
        at_least(f"from {HOLDERS} peers at once", statistics.median(several), "MB/s"),
        at_least("bare TCP", statistics.median(bare), "MB/s"),
    ]
    notes = [
        f"medians of {TIMES}; from the request to the node that has it not until its first byte is answered,"
        " with the hash checked and the file synced; all processes share the processors of one machine",
        "bare TCP: two threads of one process, unencrypted, nothing stored",
    ]
    json.dump({"title": "Mesh: blobs", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


def bring(asking: Node, holders: list[Node], data: bytes) -> float:
    """MB/s of a blob that these have and `asking` has not."""
    for holder in holders:
        with holder.client(60) as client:
            client.ask("PUT", f"{API}/blobs", data)
    name = hashlib.sha256(data).hexdigest()
    with asking.client(60) as client:
        began = time.perf_counter()
        answer = client.get(f"{API}/blobs/{name}", {"Range": "bytes=0-0"})
        took = time.perf_counter() - began
    if answer.raw != data[:1]:
        raise RuntimeError(f"it did not come: {answer.raw[:200]!r}")
    return len(data) / took / MB


def raw_tcp(data: bytes) -> float:
    """MB/s of the same bytes over a bare socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_send, args=(server, data), daemon=True)
        began = time.perf_counter()
        thread.start()
        got = 0
        with socket.create_connection(server.getsockname()) as client:
            while piece := client.recv(PIECE):
                got += len(piece)
        took = time.perf_counter() - began
        thread.join(10)
    if got != len(data):
        raise RuntimeError(f"only {got} bytes came")
    return len(data) / took / MB


def _send(server: socket.socket, data: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        view = memoryview(data)
        for start in range(0, len(data), PIECE):
            connection.sendall(view[start : start + PIECE])


if __name__ == "__main__":
    main()
