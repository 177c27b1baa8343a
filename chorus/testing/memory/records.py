"""The distributed hash table in memory: each peer keeps the values whose key it is near to."""

import base64
import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

import msgspec
import trio

from chorus_hooks.errors import ChorusError, NotFound, Unreachable, UsageError
from chorus_hooks.records import VALUE_LIMIT
from chorus_hooks.wire.answering import Call
from chorus_hooks.wire.lines import Lines

if TYPE_CHECKING:
    from chorus.testing.memory.mesh import MemoryMesh

PROTOCOL: Final = "/memory/records/1"
NEAREST: Final = 20
"""Peers that a value is given to: in a smaller mesh all of them, as in Kademlia."""
FORGOTTEN_S: Final = 24 * 3600.0
"""How long it is known who provides something."""
PATIENCE_S: Final = 5.0

Check = Callable[[str, bytes], bool]
Newer = Callable[[bytes, bytes], bool]


class _Request(msgspec.Struct):
    what: Literal["put", "get", "provide", "providers"]
    key: str
    value: str = ""


class MemoryRecords:
    """A `chorus_hooks.records.Records` over the streams of a mesh in memory."""

    def __init__(self, mesh: "MemoryMesh") -> None:
        self._mesh = mesh
        self._rules: dict[str, tuple[Check, Newer]] = {}
        self._values: dict[str, bytes] = {}
        self._providers: dict[str, dict[str, float]] = {}
        self._lines = Lines(mesh, PROTOCOL, accuse=lambda _peer, _why: None)
        self._lines.serve(self._answer)

    async def run(self) -> None:
        """Own the streams to other peers."""
        await self._lines.run()

    def register(self, namespace: str, *, check: Check, newer: Newer) -> None:
        """Take values of a namespace."""
        if namespace in self._rules:
            raise ValueError(f"/{namespace} is registered already")
        self._rules[namespace] = check, newer

    async def put(self, key: str, value: bytes) -> None:
        """Keep a value here, and give it to the peers nearest to its key."""
        if not self._keep(key, value):
            raise UsageError(f"this may not be put under {key}")
        await self._ask_all(_Request("put", key, base64.b64encode(value).decode()))

    async def get(self, key: str) -> bytes:
        """The newest value of the peers nearest to a key, and of this node."""
        for answer in await self._ask_all(_Request("get", key)):
            if answer:
                self._keep(key, answer)
        if key not in self._values:
            raise NotFound(f"nobody has {key}")
        return self._values[key]

    async def provide(self, key: str) -> None:
        """Tell the peers nearest to a key."""
        self._note(key, self._mesh.peer_id)
        await self._ask_all(_Request("provide", key))

    async def providers(self, key: str) -> tuple[str, ...]:
        """Who told them, by peer id."""
        answers = [answer.decode().split() for answer in await self._ask_all(_Request("providers", key))]
        found = dict.fromkeys(peer for answer in [*answers, self._known(key)] for peer in answer)
        found.pop(self._mesh.peer_id, None)
        return tuple(sorted(found))

    async def _ask_all(self, request: _Request) -> list[bytes]:
        encoded = msgspec.json.encode(request)
        answers: list[bytes] = []

        async def ask(peer_id: str) -> None:
            try:
                answers.append(await self._lines.ask(peer_id, encoded, within=PATIENCE_S))
            except (ChorusError, Unreachable):
                return  # it is a cache: another peer may do better

        async with trio.open_nursery() as nursery:
            for peer_id in self._nearest(request.key):
                nursery.start_soon(ask, peer_id)
        return answers

    def _nearest(self, key: str) -> list[str]:
        peers = [connection.peer_id for connection in self._mesh.connections()]
        return sorted(peers, key=lambda peer: _place(peer) ^ _place(key))[:NEAREST]

    async def _answer(self, call: Call) -> bytes | None:
        request = msgspec.json.decode(call.request, type=_Request)
        match request.what:
            case "put":
                self._keep(request.key, base64.b64decode(request.value))
            case "get":
                return self._values.get(request.key)
            case "provide":
                self._note(request.key, call.peer_id)
            case "providers":
                return " ".join(self._known(request.key)).encode()
        return None

    def _keep(self, key: str, value: bytes) -> bool:
        match key.split("/"):
            case ["", namespace, _, *_] if namespace in self._rules and len(value) <= VALUE_LIMIT:
                check, newer = self._rules[namespace]
            case _:
                return False
        try:
            old = self._values.get(key)
            if not check(key, value) or (old not in (None, value) and not newer(value, old or b"")):
                return False
        except Exception:
            return False  # as the contract says of rules that raise
        self._values[key] = value
        return True

    def _note(self, key: str, peer_id: str) -> None:
        self._providers.setdefault(key, {})[peer_id] = trio.current_time()

    def _known(self, key: str) -> list[str]:
        young = trio.current_time() - FORGOTTEN_S
        return [peer for peer, since in self._providers.get(key, {}).items() if since > young]


def _place(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest())
