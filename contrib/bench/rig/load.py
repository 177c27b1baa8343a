"""A load generator in a process of its own: kept connections, each with one request under way.

`python -m contrib.bench.rig.load` reads a plan as JSON on stdin and prints what it saw. It is an epoll loop
over raw sockets, because the client must never be the slower side: its own processor time is in the report.
"""

import json
import re
import select
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from itertools import count

COUNTER = "@NUMBER@"
"""Stands for the number of the request, in headers and body; 12 digits, so that lengths stay."""

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Plan:
    """What to ask, on how many connections, and when to end: after `seconds`, or `requests`."""

    host: str
    port: int
    path: str
    connections: int
    seconds: float = 60.0
    requests: int = 1 << 40
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""

    def texts(self) -> Iterator[bytes]:
        """The requests, one after another."""
        head = f"{self.method} {self.path} HTTP/1.1\r\nHost: {self.host}:{self.port}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        if self.body:
            length = len(self.body.replace(COUNTER, "0" * 12).encode())
            head += f"Content-Type: application/json\r\nContent-Length: {length}\r\n"
        pieces = f"{head}\r\n{self.body}".encode().split(COUNTER.encode())
        base = time.time_ns() // 1_000_000_000 % 10**4  # two runs on one state dir have other keys
        for number in count():
            yield (f"{base:04d}{number:08d}").encode().join(pieces)


@dataclass(frozen=True)
class Report:
    """What happened: times in seconds, latencies in milliseconds."""

    requests: int
    seconds: float
    cpu_s: float
    p50_ms: float
    p99_ms: float
    statuses: Mapping[str, int]

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


class _Connection:
    """One connection with one request under way."""

    def __init__(self, plan: Plan) -> None:
        self.socket = socket.create_connection((plan.host, plan.port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self._seen = b""
        self._whole = 0

    def send(self, text: bytes) -> None:
        self.began = time.perf_counter()
        self._seen, self._whole = b"", 0
        self.socket.sendall(text)

    def receive(self) -> str:
        """The status, once the answer is whole; else nothing."""
        data = self.socket.recv(1 << 16)
        if not data:
            raise ConnectionError(f"hung up after {self._seen[:200]!r}")
        self._seen += data
        if not self._whole:
            end = self._seen.find(b"\r\n\r\n")
            if end < 0:
                return ""
            length = _LENGTH.search(self._seen, 0, end + 2)
            if length is None:
                raise ValueError(f"no content-length in {self._seen[:200]!r}")
            self._whole = end + 4 + int(length[1])
        return self._seen[9:12].decode() if len(self._seen) >= self._whole else ""


def drive(plan: Plan) -> Report:
    """Ask in this process until the plan ends; every request that was sent is waited for."""
    texts, poll = plan.texts(), select.epoll()
    statuses: Counter[str] = Counter()
    latencies: list[float] = []
    connections = {c.socket.fileno(): c for c in (_Connection(plan) for _ in range(plan.connections))}
    cpu, began = time.process_time(), time.perf_counter()
    sent = 0
    for number, connection in connections.items():
        poll.register(number, select.EPOLLIN)
        connection.send(next(texts))
        sent += 1
    open_ = len(connections)
    while open_:
        for number, _ in poll.poll(60):
            connection = connections[number]
            if status := connection.receive():
                now = time.perf_counter()
                latencies.append(now - connection.began)
                statuses[status] += 1
                if now - began < plan.seconds and sent < plan.requests:
                    connection.send(next(texts))
                    sent += 1
                else:
                    open_ -= 1
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    for connection in connections.values():
        connection.socket.close()
    latencies.sort()
    p50, p99 = (1000 * latencies[int(share * (len(latencies) - 1))] for share in (0.5, 0.99))
    return Report(len(latencies), seconds, cpu, p50, p99, dict(statuses))


def load(plan: Plan) -> Report:
    """The same, in a process of its own. Raises RuntimeError when the client was the slower side."""
    done = subprocess.run(
        [sys.executable, "-m", __name__],
        input=json.dumps(asdict(plan)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=plan.seconds + 120,
    )
    report = Report(**json.loads(done.stdout))
    if report.cpu_s > 0.9 * report.seconds:
        raise RuntimeError(f"the load generator was busy for {report.cpu_s / report.seconds:.0%} of the time")
    return report


if __name__ == "__main__":
    json.dump(asdict(drive(Plan(**json.load(sys.stdin)))), sys.stdout)
