"""Multicast DNS by zeroconf, which has threads of its own: one for its loop, one that tells what it heard."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

import trio

from chorus_discovery.advert import SERVICE, Advert, heard, is_loopback
from chorus_discovery.crossing import Crossing
from chorus_discovery.multicast import usable_addresses

if TYPE_CHECKING:
    from zeroconf import ServiceInfo, Zeroconf

ASK_MS: Final = 1000
"""How long somebody who was heard of may take to say where he is; mostly he has said so already."""
ASKED_AT_ONCE: Final = 8
LONGEST_STOP_S: Final = 2.0
"""Saying goodbye three times, as RFC 6762 wants it, takes a quarter of a second."""
UNSEEN_STOP_S: Final = 0.05
"""Zeroconf ends what it has begun to say first. Whom nobody has seen yet may go without a word."""

_log = logging.getLogger("chorus.discovery")


class NoMulticast(Exception):  # noqa: N818 - reads as what is wrong
    """Nothing that is sent to a group comes back, on no interface."""


@asynccontextmanager
async def on_the_lan(advert: Advert, found: Callable[[Advert], None]) -> AsyncIterator[None]:
    """Show oneself on the LAN, and tell of everybody of the same cluster who is heard there, until left.

    A node that can be reached on this machine only is shown on this machine only. Ready before anything is
    sent. Raises NoMulticast, or OSError when the port of multicast DNS cannot be had.
    """
    ear = _Ear(advert)
    zeroconf = await trio.to_thread.run_sync(_open, all(map(is_loopback, advert.addresses)), ear)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(_show, zeroconf, advert)
            nursery.start_soon(ear.ask, zeroconf)
            nursery.start_soon(ear.tell, found)
            yield
            nursery.cancel_scope.cancel()
    finally:
        with trio.move_on_after(LONGEST_STOP_S if _shown(zeroconf) else UNSEEN_STOP_S, shield=True):
            await trio.to_thread.run_sync(zeroconf.close, abandon_on_cancel=True)


class _Ear:
    """What is heard: mostly all of a peer at once, and where something is missing it is asked for."""

    def __init__(self, own: Advert) -> None:
        self._own = own
        self._adverts = Crossing[Advert]()
        self._names = Crossing[str]()

    def hear(self, zeroconf: "Zeroconf", name: str) -> None:
        """Somebody was heard of. In a thread of zeroconf, which no packet of a stranger may end."""
        from zeroconf import ServiceInfo

        try:
            info = ServiceInfo(SERVICE, name)
            if info.load_from_cache(zeroconf):
                self._take(info)
            else:
                self._names.put(name)
        except Exception as error:
            _log.debug("junk on the LAN: %s", error)

    async def ask(self, zeroconf: "Zeroconf") -> None:
        """Ask those who did not say where they are, some at once."""
        room = trio.Semaphore(ASKED_AT_ONCE)

        async def ask(name: str) -> None:
            try:
                await trio.to_thread.run_sync(self._ask, zeroconf, name, abandon_on_cancel=True)
            finally:
                room.release()

        async with trio.open_nursery() as nursery:
            while True:
                await room.acquire()
                nursery.start_soon(ask, await self._names.next())

    async def tell(self, found: Callable[[Advert], None]) -> None:
        """Hand over whom was heard."""
        while True:
            found(await self._adverts.next())

    def _ask(self, zeroconf: "Zeroconf", name: str) -> None:
        try:
            info = zeroconf.get_service_info(SERVICE, name, timeout=ASK_MS)
            if info is not None:
                self._take(info)
        except Exception as error:
            _log.debug("nothing to be had of %s on the LAN: %s", name, error)

    def _take(self, info: "ServiceInfo") -> None:
        advert = heard(info.properties, info.parsed_addresses(), info.port)
        if advert is not None and advert.tag == self._own.tag and advert.peer_id != self._own.peer_id:
            self._adverts.put(advert)


def _open(here_only: bool, ear: _Ear) -> "Zeroconf":
    from zeroconf import ServiceBrowser, Zeroconf

    logging.getLogger("zeroconf").setLevel(logging.ERROR)  # it warns with tracebacks of what others send
    usable = [ip for ip in usable_addresses() if ip.startswith("127.") or not here_only]
    if not usable:
        raise NoMulticast
    interfaces: list[str | int | tuple[tuple[str, int, int], int]] = [*usable]
    zeroconf = Zeroconf(interfaces=interfaces, use_asyncio=False)

    def changed(*, name: str, **_: object) -> None:
        ear.hear(zeroconf, name)

    ServiceBrowser(zeroconf, SERVICE, handlers=[changed])
    return zeroconf


def _shown(zeroconf: "Zeroconf") -> bool:
    """Whether the name was found to be free, and the first announcement is out."""
    return bool(zeroconf.registry.async_get_service_infos())


async def _show(zeroconf: "Zeroconf", advert: Advert) -> None:
    """Takes a second: it asks first whether somebody else has the name."""

    def register() -> None:
        try:
            zeroconf.register_service(_info(advert), allow_name_change=True)
        except Exception as error:  # of zeroconf's own, mostly; others are still heard
            if not zeroconf.done:
                _log.warning("this node is not shown on the LAN: %s", error)

    await trio.to_thread.run_sync(register, abandon_on_cancel=True)


def _info(advert: Advert) -> "ServiceInfo":
    from zeroconf import ServiceInfo

    return ServiceInfo(
        SERVICE,
        f"{advert.host}.{SERVICE}",
        port=advert.addresses[0].port,
        parsed_addresses=[address.host for address in advert.addresses],
        properties=dict(advert.text),
        server=f"{advert.host}.local.",
    )
