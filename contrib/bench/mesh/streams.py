"""What a request on a kept stream costs between two processes, beside the same bytes over bare TCP."""

import json
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus_hooks.mesh import Mesh
from chorus_hooks.wire.answering import Call
from chorus_hooks.wire.lines import Lines
from chorus_identity.key_pair import KeyPair
from chorus_libp2p.listening import Listening
from chorus_libp2p.mesh import running
from chorus_libp2p.traffic import Traffic
from contrib.bench.rig.row import at_most, percentile

PROTOCOL = "/bench/echo/1"
SECRET = "be" * 32  # of this bench
REQUESTS = 5000
WARM = 200
SIZE = 200
WITHIN_S = 10.0


def main() -> None:
    if sys.argv[1:]:
        trio.run(ask, sys.argv[1])
        return
    ours = trio.run(serve)
    bare = raw_tcp()
    rows = [
        at_most("request on a kept stream, p50", percentile(ours, 0.5), "ms", 1.0),
        at_most("request on a kept stream, p99", percentile(ours, 0.99), "ms", 3.0),
        at_most("the same over bare TCP, p50", percentile(bare, 0.5), "ms"),
        at_most("the same over bare TCP, p99", percentile(bare, 0.99), "ms"),
    ]
    notes = [
        f"{REQUESTS} requests of {SIZE} bytes, one after the other, each answered with as many; two"
        " processes; bare TCP: two threads of one process, unencrypted"
    ]
    json.dump({"title": "Mesh: streams", "rows": rows, "notes": notes, "skipped": []}, sys.stdout)


async def serve() -> list[float]:
    """Answer the requests of another process, and return what it measured."""

    async def echo(call: Call) -> bytes:
        return call.request

    async with trio.open_nursery() as nursery:
        async with node(nursery) as (mesh, lines):
            lines.serve(echo)
            command = [sys.executable, "-m", "contrib.bench.mesh.streams", mesh.addresses[0]]
            done = await trio.run_process(command, capture_stdout=True)
        nursery.cancel_scope.cancel()
    measured: list[float] = json.loads(done.stdout)
    return measured


async def ask(address: str) -> None:
    """Ask again and again, and print the milliseconds of each."""
    took = []
    async with trio.open_nursery() as nursery:
        async with node(nursery) as (mesh, lines):
            peer_id = await mesh.dial(address)
            for _ in range(WARM + REQUESTS):
                began = time.perf_counter()
                await lines.ask(peer_id, bytes(SIZE), within=WITHIN_S)
                took.append(1000 * (time.perf_counter() - began))
        nursery.cancel_scope.cancel()
    json.dump(took[WARM:], sys.stdout)


@asynccontextmanager
async def node(nursery: trio.Nursery) -> AsyncIterator[tuple[Mesh, Lines]]:
    """A mesh on a port of its own, and its kept streams."""
    with socket.create_server(("127.0.0.1", 0)) as made:
        made.setblocking(False)
        listening = Listening((made,), (f"/ip4/127.0.0.1/tcp/{made.getsockname()[1]}",))
        who = KeyPair(Ed25519PrivateKey.generate())
        async with running(who, SECRET, listening, dht=False, traffic=Traffic()) as mesh:
            lines = Lines(mesh, PROTOCOL, accuse=_accuse)
            await nursery.start(lines.run)
            yield mesh, lines


def raw_tcp() -> list[float]:
    """The milliseconds of each request over a bare socket."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=_echo, args=(server,), daemon=True)
        thread.start()
        took = []
        with socket.create_connection(server.getsockname()) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for _ in range(WARM + REQUESTS):
                began = time.perf_counter()
                client.sendall(bytes(SIZE))
                _exactly(client)
                took.append(1000 * (time.perf_counter() - began))
        thread.join(WITHIN_S)
    return took[WARM:]


def _echo(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while request := _exactly(connection):
            connection.sendall(request)


def _exactly(connection: socket.socket) -> bytes:
    return connection.recv(SIZE, socket.MSG_WAITALL)


def _accuse(peer_id: str, fault: str) -> None:
    raise RuntimeError(f"{peer_id}: {fault}")


if __name__ == "__main__":
    main()
