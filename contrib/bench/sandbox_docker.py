"""The Docker sandbox against the bare `docker run`, and its output stream against the bare socket.

Needs an engine and build/test-images.sh. Cold: open, one `true`, collect, closed. Stream: `head` through
`Box.run` into a sink that counts, against a blocking socket that reads the same exec and throws it away.
"""

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import trio

from chorus_docker.endpoint import parse_endpoint
from chorus_docker.sandbox import DockerSandbox
from chorus_hooks.output import Stream
from chorus_hooks.sandbox import Box, BoxCommand, BoxSpec

MIB = 1 << 20
HOST = os.environ.get("DOCKER_HOST", "")
LIMIT_S = 600.0
WARM_UP = 2


class Count:
    def __init__(self) -> None:
        self.size = 0

    async def __call__(self, _stream: Stream, data: bytes) -> None:
        self.size += len(data)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--image", default="chorus-test/busybox:1")
    options.add_argument("--rounds", type=int, default=15)
    options.add_argument("--stream-mib", type=int, default=96)
    options.add_argument("--flat-mib", type=int, default=2048)
    chosen = options.parse_args()
    document = {"title": f"Docker sandbox ({chosen.image})", "rows": [], "notes": [], "skipped": []}
    if docker("image", "inspect", chosen.image):
        document["skipped"] = [f"all: there is no engine with the image {chosen.image} here"]
    else:
        trio.run(measure, document, chosen)
    print(json.dumps(document, indent=2))
    return 0


async def measure(document: dict[str, list[object]], chosen: argparse.Namespace) -> None:
    with bridged(chosen.image) as (network, note):
        document["rows"] += await cold(chosen.image, chosen.rounds, network)
    document["rows"] += await streaming(chosen.image, chosen.stream_mib, rounds=9)
    document["rows"] += await flatness(chosen.image, chosen.flat_mib)
    document["notes"] += [
        "`docker run --rm IMAGE true`, with its default network and with none, and the sandbox took turns",
        f"the stream moved {chosen.stream_mib} MiB, nine times each way in turn, in one container",
        *note,
    ]


def docker(*words: str) -> int:
    return subprocess.run(["docker", *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


@contextmanager
def bridged(image: str) -> Iterator[tuple[list[str], list[str]]]:
    """The default network; where it is broken, a bridge network like it, made for this run."""
    if docker("run", "--rm", image, "true") == 0:
        yield [], []
        return
    name = f"chorus-bench-{os.getpid()}"
    subprocess.run(["docker", "network", "create", name], check=True, stdout=subprocess.DEVNULL)
    try:
        yield (
            ["--network", name],
            ["the engine's default bridge is broken here: a new bridge network stood in for it"],
        )
    finally:
        docker("network", "rm", name)


async def cold(image: str, rounds: int, network: list[str]) -> list[object]:
    phases: dict[str, list[float]] = {name: [] for name in ("open", "run", "collect", "close")}
    sides: dict[str, Callable[[], Awaitable[None]]] = {
        "sandbox": lambda: whole(image, phases),
        "default": lambda: docker_run(image, *network),
        "none": lambda: docker_run(image, "--network", "none"),
    }
    times: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(WARM_UP + rounds):
        for name, work in sides.items():
            begun = time.perf_counter()
            await work()
            if turn >= WARM_UP:
                times[name].append((time.perf_counter() - begun) * 1000)
    ms = {name: statistics.median(values) for name, values in times.items()}
    return [
        row("sandbox, open to closed, / docker run --rm", ms["sandbox"] / ms["default"], "x", 1.25),
        row("sandbox, open to closed, / docker run --rm --network none", ms["sandbox"] / ms["none"], "x"),
        row("sandbox, open to closed", ms["sandbox"], "ms"),
        row("docker run --rm", ms["default"], "ms"),
        row("docker run --rm --network none", ms["none"], "ms"),
        *(row(f"of that: {name}", statistics.median(v), "ms") for name, v in phases.items()),
    ]


async def whole(image: str, phases: dict[str, list[float]]) -> None:
    marks = [time.perf_counter()]
    async with DockerSandbox(HOST, owner="bench").open(spec(image)) as box:
        marks.append(time.perf_counter())
        await box.run(BoxCommand(("true",), {}, 30.0, MIB), Count())
        marks.append(time.perf_counter())
        with tempfile.TemporaryFile() as into:
            await box.collect(into, max_bytes=MIB)
        marks.append(time.perf_counter())
    marks.append(time.perf_counter())
    for name, begun, ended in zip(phases, marks, marks[1:], strict=False):
        phases[name].append((ended - begun) * 1000)


async def docker_run(image: str, *options: str) -> None:
    command = ["docker", "run", "--rm", *options, image, "true"]
    await trio.run_process(command, stdout=subprocess.DEVNULL)


async def streaming(image: str, mib: int, rounds: int) -> list[object]:
    raw, ours = [], []
    label = f"stream-{os.getpid()}"
    async with DockerSandbox(HOST, owner="bench").open(spec(image, label)) as box:
        found = ["docker", "ps", "-q", "--filter", f"label=chorus.bench={label}"]
        container = (await trio.run_process(found, capture_stdout=True)).stdout.decode().strip()
        for _ in range(rounds):
            raw.append(await trio.to_thread.run_sync(raw_stream, container, mib * MIB))
            ours.append(await box_stream(box, mib * MIB))
    return [
        row(
            "output stream / raw socket", statistics.median(ours) / statistics.median(raw), "x", 0.8, "higher"
        ),
        row("output stream", statistics.median(ours), "MB/s", None, "higher"),
        row("raw socket", statistics.median(raw), "MB/s", None, "higher"),
    ]


def raw_stream(container: str, size: int) -> float:
    """MB/s of an exec's hijacked connection, read and thrown away."""
    command = ["head", "-c", str(size), "/dev/zero"]
    made = ask(f"/containers/{container}/exec", {"Cmd": command, "AttachStdout": True, "User": "10001:10001"})
    name = json.loads(made.recv(1 << 16).rpartition(b"\r\n\r\n")[2])["Id"]
    made.close()
    stream = ask(
        f"/exec/{name}/start", {"Detach": False, "Tty": False}, "Connection: Upgrade\r\nUpgrade: tcp\r\n"
    )
    begun, seen = time.perf_counter(), 0
    with stream:
        while data := stream.recv(1 << 18):
            seen += len(data)
    return seen / (time.perf_counter() - begun) / 1e6


def ask(path: str, body: object, headers: str = "") -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(parse_endpoint(HOST).path)
    payload = json.dumps(body)
    length = f"Content-Length: {len(payload)}\r\nContent-Type: application/json\r\n"
    connection.sendall(f"POST {path} HTTP/1.1\r\nHost: docker\r\n{headers}{length}\r\n{payload}".encode())
    return connection


async def box_stream(box: Box, size: int) -> float:
    count = Count()
    command = BoxCommand(("head", "-c", str(size), "/dev/zero"), {}, LIMIT_S, 1 << 40)
    begun = time.perf_counter()
    await box.run(command, count)
    return count.size / (time.perf_counter() - begun) / 1e6


async def flatness(image: str, mib: int) -> list[object]:
    async with DockerSandbox(HOST, owner="bench").open(spec(image)) as box:
        await box_stream(box, 32 * MIB)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await box_stream(box, mib * MIB)
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return [row(f"memory grown by {mib} MiB of output", grown / 1024, "MiB", 8)]


def spec(image: str, label: str = "1") -> BoxSpec:
    return BoxSpec(image, 512 * MIB, 2.0, 128, 192 * MIB, 0, 0, LIMIT_S, {"bench": label})


def row(what: str, measured: float, unit: str, target: float | None = None, better: str = "lower") -> object:
    shown = {"what": what, "measured": round(measured, 2), "unit": unit, "better": better}
    return shown | ({} if target is None else {"target": target})


if __name__ == "__main__":
    sys.exit(main())
