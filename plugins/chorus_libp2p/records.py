"""`chorus_hooks.records.Records` over the Kademlia table of libp2p, and the one that is switched off."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

import trio
from libp2p.host.basic_host import BasicHost
from libp2p.kad_dht.kad_dht import DHTMode, KadDHT
from libp2p.kad_dht.provider_store import ProviderStore
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo
from libp2p.records.validator import NamespacedValidator, Validator
from multiaddr import Multiaddr

from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.mesh import Link
from chorus_hooks.records import VALUE_LIMIT
from chorus_libp2p.links import Links

NEAREST: Final = 20
ASK_S: Final = 5.0
"""For one peer to answer; it is a cache, and others have the same."""
TOLD: Final = 20_000
"""Keys whose providers are remembered here."""
PROVIDED: Final = 500
"""Provider messages that a peer may send in ten seconds: libp2p drops what is above ten."""

Check = Callable[[str, bytes], bool]
Newer = Callable[[bytes, bytes], bool]


class Rules(Validator):
    """What one namespace takes. A rule that raises says no."""

    def __init__(self, check: Check, newer: Newer) -> None:
        self._check = check
        self._newer = newer

    def validate(self, key: str, value: bytes) -> None:
        """Raises ValueError when it is not to be kept."""
        if not key.split("/", 2)[-1]:
            raise ValueError("a key that ends with its namespace")
        if len(value) > VALUE_LIMIT:
            raise ValueError(f"a value of {len(value)} bytes")
        try:
            good = self._check(key, value)
        except Exception as error:
            raise ValueError(f"the rule of {key} failed") from error
        if not good:
            raise ValueError("the value does not belong to its key")

    def select(self, key: str, values: list[bytes]) -> int:
        """The place of the newest; of equals, the last, so that what is kept already stays."""
        best = len(values) - 1
        for place in range(len(values) - 2, -1, -1):
            if self.newer(values[place], values[best]):
                best = place
        return best

    def newer(self, value: bytes, than: bytes) -> bool:
        """Whether one that passes replaces another that passes."""
        try:
            return self._newer(value, than)
        except Exception:
            return False


class BoundedProviders(ProviderStore):
    """libp2p remembers every key that it was ever told of."""

    def add_provider(self, key: bytes, provider: PeerInfo) -> None:
        """Note it, and forget the key that has been known longest."""
        if len(self.providers) >= TOLD and key not in self.providers:
            del self.providers[next(iter(self.providers))]
        super().add_provider(key, provider)


class DhtRecords:
    """Values and providers. `dht` must be running, and `follow` too."""

    def __init__(self, host: BasicHost, links: Links) -> None:
        self._host = host
        self._links = links
        self._own = str(host.get_id())
        self._rules: dict[str, Rules] = {}
        # libp2p takes a namespace that nobody knows unless it is told twice not to. It allows two peers of
        # one network in a bucket, and in a cluster all are of one.
        rules: dict[str, Validator] = {}
        self._validators = rules
        self.dht = KadDHT(
            host,
            DHTMode.SERVER,
            strict_validation=True,
            validator=NamespacedValidator(rules, strict_validation=True),
            validator_changed=True,
            max_peers_per_subnet=0,
        )
        self.dht.provider_store = BoundedProviders(host=host, peer_routing=self.dht.peer_routing)
        self.dht._provider_rate_max = PROVIDED

    def register(self, namespace: str, *, check: Check, newer: Newer) -> None:
        """Take values of a namespace."""
        if namespace in self._rules:
            raise ValueError(f"/{namespace} is registered already")
        self._validators[namespace] = self._rules[namespace] = Rules(check, newer)

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value here, and give it to the peers nearest to its key."""
        rules = self._rule(key)
        try:
            rules.validate(key, value)
        except ValueError as error:
            raise UsageError(f"this may not be put under {key}: {error}") from None
        here = self._here(key)
        if here not in (None, value) and not rules.newer(value, here or b""):
            raise UsageError(f"a newer value is under {key} already")
        self._keep(key, value)

        async def give(peer: ID) -> None:
            await self.dht.value_store._store_at_peer(peer, key.encode(), value)

        await self._all(key.encode(), give)

    async def get(self, key: str) -> bytes:
        """The newest value of the peers nearest to a key, and of this node.

        libp2p would give the one here without asking anybody, however old it is.
        """
        try:
            rules = self._rule(key)
        except UsageError as error:
            raise NotFound(error.message) from None

        async def ask(peer: ID) -> None:
            value = await self.dht.value_store._get_from_peer(peer, key.encode())
            if not isinstance(value, bytes):
                return
            rules.validate(key, value)
            here = self._here(key)
            if here is None or (value != here and rules.newer(value, here)):
                self._keep(key, value)

        await self._all(key.encode(), ask)
        here = self._here(key)
        if here is None:
            raise NotFound(f"nobody has {key}")
        return here

    async def provide(self, key: str) -> None:
        """Tell the peers nearest to a key."""
        place = _multihash(key)
        own = PeerInfo(self._host.get_id(), self._host.get_addrs())
        self.dht.provider_store.add_provider(place, own)

        async def tell(peer: ID) -> None:
            await self.dht.provider_store._send_add_provider(peer, place)

        await self._all(place, tell)

    async def providers(self, key: str) -> tuple[str, ...]:
        """Who told them, by peer id."""
        place = _multihash(key)
        found = {str(info.peer_id) for info in self.dht.provider_store.get_providers(place)}

        async def ask(peer: ID) -> None:
            infos, _ = await self.dht.provider_store._get_providers_from_peer_with_closers(peer, place)
            found.update(str(info.peer_id) for info in infos)

        await self._all(place, ask)
        return tuple(sorted(found - {self._own}))

    async def follow(self) -> None:
        """Keep the table to the peers that are linked: nobody else can be asked."""
        async with self._links.watch() as links:
            async for link in links:
                await self._note(link)

    async def _note(self, link: Link) -> None:
        peer = ID.from_string(link.peer_id)
        if link.up:
            info = PeerInfo(peer, [Multiaddr(link.address)])
            await self.dht.routing_table.add_peer(info, skip_server_mode_check=True)
        else:
            self.dht.routing_table.remove_peer(peer)

    async def _all(self, place: bytes, ask: Callable[[ID], Awaitable[None]]) -> None:
        """Ask the peers nearest to a place, all at once."""

        async def one(peer: ID) -> None:
            with trio.move_on_after(ASK_S):
                try:
                    await ask(peer)
                except Exception:
                    return  # another one may do better

        nearest = self.dht.routing_table.find_local_closest_peers(place, NEAREST)
        async with trio.open_nursery() as nursery:
            for peer in nearest:
                nursery.start_soon(one, peer)

    def _rule(self, key: str) -> Rules:
        match key.split("/"):
            case ["", namespace, name, *_] if name and namespace in self._rules:
                return self._rules[namespace]
        raise UsageError(f"{key} is in no namespace that is known here")

    def _here(self, key: str) -> bytes | None:
        record = self.dht.value_store.get(key.encode())
        return None if record is None else bytes(record.value)

    def _keep(self, key: str, value: bytes) -> None:
        self.dht.value_store.put(key.encode(), value)


class NoRecords:
    """The table is switched off: it finds nothing and puts nowhere."""

    def register(self, namespace: str, *, check: Check, newer: Newer) -> None:
        """Nothing will come."""

    async def put(self, key: str, value: bytes) -> None:
        """Nowhere."""
        await trio.lowlevel.checkpoint()

    async def get(self, key: str) -> bytes:
        """Nothing."""
        await trio.lowlevel.checkpoint()
        raise NotFound(
            f"{key} is not looked up: records are switched off", hint="set CHORUS_DHT_ENABLED=true"
        )

    async def provide(self, key: str) -> None:
        """To nobody."""
        await trio.lowlevel.checkpoint()

    async def providers(self, key: str) -> tuple[str, ...]:
        """Nobody."""
        await trio.lowlevel.checkpoint()
        return ()


def _multihash(key: str) -> bytes:
    """The sha2-256 multihash that stands for a key: the table takes nothing else for providers."""
    return b"\x12\x20" + hashlib.sha256(key.encode()).digest()
