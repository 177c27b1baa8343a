"""Connections as hostile or broken clients make them: heads by hand, streams read event by event."""

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from contrib.bench.rig.node import Node

PATIENCE_S = 60.0


def head(node: Node, method: str, path: str, *headers: str) -> bytes:
    """A request's head, with the token."""
    with node.client() as client:
        lines = [f"Host: {client.host}:{client.port}", f"Authorization: Bearer {client.token}", *headers]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode()


def dial(node: Node, timeout_s: float = PATIENCE_S) -> socket.socket:
    """A bare connection to the API."""
    with node.client() as client:
        return socket.create_connection((client.host, client.port), timeout=timeout_s)


@dataclass(frozen=True)
class Event:
    """One server-sent event."""

    type: str
    id: str
    data: Any

    @property
    def printed(self) -> bytes:
        """What a task printed, in an `output` event."""
        return base64.b64decode(self.data["data"], validate=True)


@contextmanager
def streaming(
    node: Node, path: str, *, last_id: str = "", address: tuple[str, int] | None = None
) -> Iterator[Iterator[Event]]:
    """The events of a stream, perhaps by way of `address`. They end where the connection does."""
    with node.client() as client:
        host, port = address or (client.host, client.port)
        headers = client.headers({"Host": f"{client.host}:{client.port}", "Accept": "text/event-stream"})
    if last_id:
        headers["Last-Event-ID"] = last_id
    with closing(HTTPConnection(host, port, timeout=PATIENCE_S)) as connection:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()
        yield _events(answer)


def _events(answer: Any) -> Iterator[Event]:
    """Whole events only: what a cut connection leaves of the last one is no event (WHATWG HTML, 9.2.6)."""
    fields: dict[str, str] = {}
    rest = b""
    while True:
        try:
            piece = answer.read1(1 << 18)
        except (OSError, HTTPException):
            return
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line:
                name, _, value = line.decode().partition(":")
                fields[name] = value.removeprefix(" ")
            elif "data" in fields:
                yield Event(fields.get("event", ""), fields.get("id", ""), json.loads(fields["data"]))
                fields = {}
