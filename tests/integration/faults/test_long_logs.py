"""A task that prints 100 MB: through event streams that are read, cut, or never read at all."""

import hashlib
import socket
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPException
from typing import Any

import pytest

from contrib.bench.rig.client import API
from contrib.bench.rig.node import Node, until
from tests.integration.faults.cutter import cutting
from tests.integration.faults.watch import meanwhile
from tests.integration.faults.wire import Event, head, streaming

pytestmark = pytest.mark.bwrap

SIZE = 100_000_000
LINE = b"a line of a log that goes on and on and on and on and on and on\n"
LOUD = f"yes {LINE.decode().strip()!r} | head -c {SIZE}"
REAL: dict[str, Any] = {"requires": ["sandbox:bwrap"], "limits": {"output": "200m"}}


def expected() -> str:
    whole = LINE * (SIZE // len(LINE) + 1)
    return hashlib.sha256(whole[:SIZE]).hexdigest()


class Reader:
    """Hashes what a task printed, over as many connections as it takes."""

    def __init__(self) -> None:
        self.hash, self.last_id, self.ended = hashlib.sha256(), "", False

    def read(self, events: Iterator[Event]) -> None:
        for event in events:
            if event.type == "output":
                self.hash.update(event.printed)
            self.last_id = event.id or self.last_id
            self.ended = event.type == "task"


@pytest.mark.slow
def test_a_hundred_megabytes_arrive_and_memory_stays_bounded(node: Node) -> None:
    node.start()
    with node.client() as client, meanwhile(node) as seen:
        task = client.submit(LOUD, **REAL).json["id"]
        reader = Reader()
        with streaming(node, f"{API}/tasks/{task}/logs") as events:
            reader.read(events)
        assert (reader.ended, reader.hash.hexdigest()) == (True, expected())
        text = client.get(f"{API}/tasks/{task}/logs?follow=false")
    assert hashlib.sha256(text.raw).hexdigest() == expected()
    assert (seen.failed, seen.slowest < 2.0) == ([], True), seen.took
    assert seen.grown < 64


@pytest.mark.slow
def test_who_never_reads_a_stream_costs_little(node: Node) -> None:
    node.start()
    with ExitStack() as stack:
        client = stack.enter_context(node.client())
        with meanwhile(node) as seen:
            task = client.submit(LOUD, **REAL).json["id"]
            text = head(node, "GET", f"{API}/tasks/{task}/logs")
            for _ in range(50):
                deaf = stack.enter_context(socket.socket())
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.connect((client.host, client.port))
                deaf.sendall(text)
            until(lambda: client.task(task)["state"] == "succeeded", 60, node.told)
            reader = Reader()
            with streaming(node, f"{API}/tasks/{task}/logs") as events:
                reader.read(events)
        assert reader.hash.hexdigest() == expected()
        assert node.stop() < 1.5
    assert seen.grown < 96


@pytest.mark.parametrize("seed", range(3))
def test_a_stream_that_is_cut_anywhere_goes_on_at_the_same_byte(node: Node, seed: int) -> None:
    node.start()
    line = "i=0; while [ $i -lt 20000 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done"
    with node.client() as client:
        task = client.submit(line, requires=["sandbox:bwrap"]).json["id"]
        reader, connections = Reader(), 0
        with cutting((client.host, client.port), seed, most=120_000) as cutter:
            while not reader.ended and connections < 1000:
                last, by = reader.last_id, cutter.address
                with (
                    suppress(OSError, HTTPException),  # cut within the head of the answer
                    streaming(node, f"{API}/tasks/{task}/logs", last_id=last, address=by) as events,
                ):
                    reader.read(events)
                connections += 1
        text = client.get(f"{API}/tasks/{task}/logs?follow=false").raw
    assert cutter.cuts > 3
    assert reader.hash.hexdigest() == hashlib.sha256(text).hexdigest()
    assert (text.count(b"out "), text.count(b"err ")) == (20_000, 20_000)


def test_a_stream_resumes_at_any_byte(node: Node) -> None:
    node.start()
    with node.client() as client:
        task = client.submit("printf 0123456789; printf abcdef >&2", requires=["sandbox:bwrap"]).json["id"]
        until(lambda: client.task(task)["state"] == "succeeded", 20, node.told)
        whole = client.get(f"{API}/tasks/{task}/logs?follow=false").raw
    assert len(whole) == 16
    for offset in range(len(whole) + 1):
        with streaming(node, f"{API}/tasks/{task}/logs", last_id=f"1:{offset}") as events:
            printed = b"".join(event.printed for event in events if event.type == "output")
        assert printed == whole[offset:]
