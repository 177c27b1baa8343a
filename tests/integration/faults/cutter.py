"""A TCP proxy that cuts: after so many bytes towards the client, a connection is gone, one way or another."""

import random
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LINGER_0 = struct.pack("ii", 1, 0)  # close() sends RST


class Cutter:
    """Cuts each connection after a random number of bytes, up to `most`."""

    def __init__(self, target: tuple[str, int], dice: random.Random, most: int) -> None:
        self._target, self._dice, self._most = target, dice, most
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = {self._listening}
        self.address: tuple[str, int] = self._listening.getsockname()
        self.cuts = 0

    def serve(self) -> None:
        """Take connections until closed."""
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            budget = self._dice.randrange(1, self._most)
            threading.Thread(target=self._pass_on, args=(client, budget), daemon=True).start()

    def _pass_on(self, client: socket.socket, budget: int) -> None:
        with client, socket.create_connection(self._target) as server, suppress(OSError):
            self._open |= {client, server}
            server.sendall(client.recv(1 << 16))
            while budget > 0 and (piece := server.recv(min(budget, 1 << 16))):
                client.sendall(piece)
                budget -= len(piece)
            if budget == 0:
                self.cuts += 1
                if self.cuts % 2:
                    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_0)

    def close(self) -> None:
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


@contextmanager
def cutting(target: tuple[str, int], seed: int, most: int) -> Iterator[Cutter]:
    """A cutter at work. Replay by the seed."""
    cutter = Cutter(target, random.Random(seed), most)
    thread = threading.Thread(target=cutter.serve, daemon=True)
    thread.start()
    try:
        yield cutter
    finally:
        cutter.close()
        thread.join(10)
