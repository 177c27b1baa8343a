"""What keeps strangers out: connections in XSalsa20 under the cluster's key, as libp2p specifies it.

libp2p 0.8.1 uses Salsa20 with a nonce of 8 bytes instead, which no other implementation understands.
"""

import os
import struct
from typing import Final

from Crypto.Cipher import Salsa20
from libp2p.io.exceptions import ConnectionClosedError
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.security.pnet.psk_conn import PskConn

NONCE: Final = 24
_HALF: Final = 16
"""Bytes of the nonce that go into the key; the others are Salsa20's nonce."""
_CONSTANTS: Final = struct.unpack("<4I", b"expand 32-byte k")
_COLUMNS: Final = ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11))
_ROWS: Final = ((0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14))
_OUT: Final = (0, 5, 10, 15, 6, 7, 8, 9)


class ProtectedConnection(PskConn):
    """A connection that only who has the key can read; each side begins with its nonce."""

    async def write(self, data: bytes) -> None:
        """Encrypt and send."""
        if self.write_cipher is None:
            nonce = os.urandom(NONCE)
            self.write_cipher = xsalsa20(self._psk, nonce)
            await self._conn.write(nonce)
        await self._conn.write(self.write_cipher.encrypt(data))

    async def read(self, n: int | None = None) -> bytes:
        """Up to `n` bytes; empty at the end. Raises ConnectionClosedError when it ends within the nonce."""
        if self.read_cipher is None:
            self.read_cipher = xsalsa20(self._psk, await self._nonce())
        data = await self._conn.read(n)
        return self.read_cipher.decrypt(data) if data else b""

    async def _nonce(self) -> bytes:
        nonce = b""
        while len(nonce) < NONCE:
            more = await self._conn.read(NONCE - len(nonce))
            if not more:
                raise ConnectionClosedError("it ended before it began", transport="tcp")
            nonce += more
        return nonce


def protected(connection: RawConnection, key: str) -> ProtectedConnection:
    """Put a connection behind a key of 64 hex digits."""
    return ProtectedConnection(connection, key)


def xsalsa20(key: bytes, nonce: bytes) -> Salsa20.Salsa20Cipher:
    """The stream for a key of 32 bytes and a nonce of 24."""
    return Salsa20.new(key=_hsalsa20(key, nonce[:_HALF]), nonce=nonce[_HALF:])


def _hsalsa20(key: bytes, nonce: bytes) -> bytes:
    """The key that belongs to the first half of a nonce: Salsa20's rounds, without its last addition."""
    k, n, c = struct.unpack("<8I", key), struct.unpack("<4I", nonce), _CONSTANTS
    state = [c[0], *k[:4], c[1], *n, c[2], *k[4:], c[3]]
    for _ in range(10):
        for quarter in (*_COLUMNS, *_ROWS):
            _mix(state, *quarter)
    return struct.pack("<8I", *(state[word] for word in _OUT))


def _mix(state: list[int], a: int, b: int, c: int, d: int) -> None:
    """The quarter round."""
    for into, one, other, by in ((b, a, d, 7), (c, b, a, 9), (d, c, b, 13), (a, d, c, 18)):
        word = (state[one] + state[other]) & 0xFFFFFFFF
        state[into] ^= (word << by & 0xFFFFFFFF) | word >> (32 - by)
