"""Runs inside the sandbox, as a program of its own: carries connections to a port of loopback over its
stdin and stdout. It knows nothing of HTTP, and holds no more than a window of bytes for each connection.

Only the standard library, and Python since 3.7: it runs on whatever `python3` an image has. It first says the
line `relay PORT`; then both directions are frames: a kind, the number of a connection, a length, bytes.
"""

from __future__ import annotations

import os
import select
import socket
import struct
from contextlib import suppress

OPEN, DATA, END, CLOSE, MORE = range(1, 6)
HEAD = struct.Struct("!BII")
MOST = 16
WINDOW = 1 << 18
PIECE = 1 << 16
HELD = 1 << 20


class Connection:
    """One client of ours. `credit` bytes may go up; `out` goes down to it; `closing`: then it is left."""

    def __init__(self, peer: socket.socket) -> None:
        self.peer = peer
        self.credit = WINDOW
        self.out = bytearray()
        self.heard = False
        self.closing = False


class Relay:
    """Moves bytes until stdin ends. One thread, one `select`."""

    def __init__(self) -> None:
        self.server = socket.socket()
        self.server.bind(("127.0.0.1", 0))
        self.server.listen(MOST)
        self.server.setblocking(False)
        os.set_blocking(0, False)
        os.set_blocking(1, False)
        self.up = bytearray(b"relay %d\n" % self.server.getsockname()[1])
        self.down = bytearray()
        self.clients: dict[int, Connection] = {}
        self.number = 0

    def run(self) -> None:
        """Until nobody is on the other side any more."""
        while True:
            reads, writes = self.wanted()
            readable, writable, _ = select.select(reads, writes, [])
            if 0 in readable and not self.listen():
                return
            if 1 in writable:
                del self.up[: os.write(1, self.up[:PIECE])]
            for number, client in list(self.clients.items()):
                if client.peer in writable:
                    self.write(number, client)
                if client.peer in readable and number in self.clients and not client.closing:
                    self.read(number, client)
            if self.server in readable:
                self.accept()

    def wanted(self) -> tuple[list[int | socket.socket], list[int | socket.socket]]:
        """What to wait for: nothing is taken that there is no room for."""
        reads: list[int | socket.socket] = [0, *self.room()]
        writes: list[int | socket.socket] = [1] if self.up else []
        writes += [client.peer for client in self.clients.values() if client.out]
        return reads, writes

    def room(self) -> list[socket.socket]:
        """Who may be listened to, as long as there is room for what they say."""
        if len(self.up) >= HELD:
            return []
        door = [self.server] if len(self.clients) < MOST else []
        clients = self.clients.values()
        return door + [one.peer for one in clients if one.credit and not one.heard and not one.closing]

    def tell(self, kind: int, number: int, data: bytes = b"") -> None:
        """One frame to the other side."""
        self.up += HEAD.pack(kind, number, len(data)) + data

    def listen(self) -> bool:
        """Frames from the other side; false at its end."""
        data = os.read(0, PIECE)
        self.down += data
        while len(self.down) >= HEAD.size:
            kind, number, size = HEAD.unpack_from(self.down)
            if len(self.down) < HEAD.size + size:
                break
            body = bytes(self.down[HEAD.size : HEAD.size + size])
            del self.down[: HEAD.size + size]
            if number in self.clients:
                self.obey(kind, number, self.clients[number], body)
        return bool(data)

    def obey(self, kind: int, number: int, client: Connection, body: bytes) -> None:
        """One frame for a connection that is still there."""
        if kind == DATA:
            client.out += body
        elif kind == MORE:
            client.credit += int.from_bytes(body, "big")
        elif kind == CLOSE:
            client.closing = True
            if not client.out:
                self.drop(number, client)

    def accept(self) -> None:
        """One more connection."""
        try:
            peer, _ = self.server.accept()
        except OSError:
            return
        peer.setblocking(False)
        self.number += 1
        self.clients[self.number] = Connection(peer)
        self.tell(OPEN, self.number)

    def read(self, number: int, client: Connection) -> None:
        """From a client to the other side."""
        try:
            data = client.peer.recv(min(PIECE, client.credit))
        except BlockingIOError:
            return
        except OSError:
            self.lose(number, client)
            return
        client.credit -= len(data)
        client.heard = not data
        self.tell(DATA if data else END, number, data)

    def write(self, number: int, client: Connection) -> None:
        """From the other side to a client."""
        try:
            sent = client.peer.send(client.out[:PIECE])
        except BlockingIOError:
            return
        except OSError:
            self.lose(number, client)
            return
        del client.out[:sent]
        if client.closing:
            if not client.out:
                self.drop(number, client)
        else:
            self.tell(MORE, number, struct.pack("!I", sent))

    def lose(self, number: int, client: Connection) -> None:
        """A client went away."""
        self.tell(CLOSE, number)
        self.drop(number, client)

    def drop(self, number: int, client: Connection) -> None:
        """Forget a connection."""
        client.peer.close()
        del self.clients[number]


if __name__ == "__main__":
    with suppress(OSError):  # the other side went away in the middle
        Relay().run()
