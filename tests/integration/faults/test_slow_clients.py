"""Clients that take their time, or never end what they began: memory is bounded, and others are served."""

import socket
from contextlib import ExitStack, suppress

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from tests.integration.faults.watch import meanwhile
from tests.integration.faults.wire import dial, head

SLOWEST_S = 2.0


def hung_up(connection: socket.socket) -> bool:
    """Whether the node has ended a connection, perhaps after an answer."""
    connection.settimeout(0.001)
    try:
        return not connection.recv(1 << 16)
    except TimeoutError:
        return False
    except OSError:
        return True


def trickle(connections: list[socket.socket], text: bytes, number: int) -> None:
    """The next byte of a head to each connection that is still there."""
    for connection in connections:
        with suppress(OSError):
            connection.sendall(text[number : number + 1])


@pytest.mark.slow
def test_headers_that_come_byte_by_byte_hold_nobody_up(node: Node) -> None:
    node.start()
    text = head(node, "GET", f"{API}/status", "X-Padding: " + "x" * 4096)
    with ExitStack() as stack, meanwhile(node, every_s=0.2) as seen:
        slow = [stack.enter_context(dial(node)) for _ in range(200)]
        sent = 0

        def all_gone() -> bool:
            nonlocal sent
            trickle(slow, text, sent)
            sent += 1
            return all(hung_up(connection) for connection in slow)

        until(all_gone, 60, node.told)
    assert (seen.failed, seen.slowest < SLOWEST_S) == ([], True), seen.took
    assert seen.grown < 64


def test_bodies_that_never_end_hold_nobody_up(node: Node) -> None:
    node.start()
    text = head(node, "POST", f"{API}/tasks", "Content-Type: application/json", "Content-Length: 60000")
    with ExitStack() as stack, meanwhile(node) as seen:
        half = [stack.enter_context(dial(node)) for _ in range(200)]
        for connection in half:
            connection.sendall(text + b'{"commands":["true"],"title":"' + b"x" * 20_000)
        until(lambda: len(seen.took) > 20, 30)
        for connection in half[:100]:
            connection.close()
        until(lambda: len(seen.took) > 40, 30)
    assert (seen.failed, seen.slowest < SLOWEST_S) == ([], True), seen.took
    assert seen.grown < 64
    with node.client() as client:
        assert client.get(f"{API}/tasks").json["tasks"] == []
    assert "Traceback" not in node.log.read_text()


def test_a_thousand_idle_connections_hold_nobody_up(node: Node) -> None:
    node.start()
    text = head(node, "GET", f"{API}/status")
    with ExitStack() as stack, meanwhile(node) as seen:
        for number in range(1000):
            connection = stack.enter_context(dial(node))
            if number % 2:
                connection.sendall(text)
                assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
        until(lambda: len(seen.took) > 20, 30)
    assert (seen.failed, seen.slowest < SLOWEST_S) == ([], True), seen.took
    assert seen.grown < 96
    until(lambda: node.descriptors() < 200, 30, node.told)
