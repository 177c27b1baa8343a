"""Peers that arrive: so many strangers at once, each with a few seconds to show that it is none."""

import errno
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import trio
from libp2p.network.connection.raw_connection import RawConnection
from libp2p.network.swarm import Swarm
from multiaddr import Multiaddr

from chorus_hooks.address import address_of_ip
from chorus_libp2p.traffic import Traffic
from chorus_libp2p.whereabouts import Whereabouts
from chorus_libp2p.wire import Wire

STRANGERS: Final = 64
"""Connections in their handshake. More are closed at once: who knows the secret tries again."""
PAUSE_S: Final = 0.1
_FULL: Final = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)

_log = logging.getLogger("chorus.libp2p")


class Acceptor:
    """Takes what connects to one socket."""

    def __init__(
        self, swarm: Swarm, nursery: trio.Nursery, traffic: Traffic, whereabouts: Whereabouts
    ) -> None:
        self._swarm = swarm
        self._nursery = nursery
        self._traffic = traffic
        self._whereabouts = whereabouts
        self._strangers = 0
        self._scopes: list[trio.CancelScope] = []

    def stop(self) -> None:
        """Take nobody any more, and let go of who is not a peer yet: peers dial whoever leaves once more."""
        for scope in self._scopes:
            scope.cancel()

    async def run(self, listening: socket.socket) -> None:
        """Accept until stopped."""
        with self._until_stopped():
            await self._accept(listening)

    async def _accept(self, listening: socket.socket) -> None:
        own = trio.socket.from_stdlib_socket(listening)
        address = Multiaddr(str(address_of_ip(*own.getsockname()[:2])))
        while True:
            try:
                accepted, _ = await own.accept()
            except OSError as error:
                if error.errno not in _FULL:
                    continue  # it left before it was taken
                _log.warning("cannot take a connection: %s", error.strerror)
                await trio.sleep(PAUSE_S)
                continue
            if self._strangers >= STRANGERS:
                self._traffic.refused["connections"] += 1
                accepted.close()
                continue
            self._strangers += 1
            self._nursery.start_soon(self._take, accepted, address)

    async def _take(self, accepted: trio.socket.SocketType, address: Multiaddr) -> None:
        try:
            wire = Wire(trio.SocketStream(accepted), self._traffic)
        except OSError:  # gone already
            accepted.close()
            self._strangers -= 1
            return
        self._whereabouts.add(wire)
        self._nursery.start_soon(wire.run)
        upgraded = False
        try:
            with self._until_stopped():
                await self._swarm.upgrade_inbound_raw_conn(RawConnection(wire, False), address)
                upgraded = True
        except Exception as error:
            if wire.heard:  # the check `mesh` looks whether somebody accepts, and says nothing
                self._traffic.refused["handshakes"] += 1
            _log.debug("a connection from %s is none of a peer: %r", wire.get_remote_address(), error)
        finally:
            self._strangers -= 1
            if not upgraded:
                wire.abort()

    @contextmanager
    def _until_stopped(self) -> Iterator[None]:
        with trio.CancelScope() as scope:
            self._scopes.append(scope)
            try:
                yield
            finally:
                self._scopes.remove(scope)
