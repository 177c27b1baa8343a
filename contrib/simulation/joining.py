"""The members of a simulated node, as its service would make them."""

import random
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus_hooks.members import Member
from chorus_hooks.mesh import Mesh
from chorus_hooks.task import Task
from chorus_identity.key_pair import KeyPair
from chorus_members.counts import Counts
from chorus_members.members import MeshMembers, open_members
from chorus_members.own import Description

CLUSTER: Final = "00112233445566aa"


@dataclass
class _Cluster:
    introducers: tuple[str, ...]
    tag: str = CLUSTER

    def key(self, purpose: str, length: int = 32) -> bytes:
        raise NotImplementedError

    def join_token(self, addresses: tuple[str, ...]) -> str:
        raise NotImplementedError


@dataclass
class _Events:
    peer_changed: Callable[[Member], None]

    def task_changed(self, task: Task) -> None:
        raise NotImplementedError


def key(number: int) -> KeyPair:
    """That of the node with this number, from 1 on."""
    return KeyPair(Ed25519PrivateKey.from_private_bytes(number.to_bytes(32)))


def join(
    number: int,
    mesh: Mesh,
    introducers: tuple[str, ...],
    rng: random.Random,
    *,
    life: int = 1,
    unix: Callable[[], float],
    changed: Callable[[Member], None] = lambda member: None,
) -> AbstractAsyncContextManager[MeshMembers]:
    """A node joins the mesh; `life` counts its starts, `changed` is told what it sees of others."""
    identity = key(number)
    description = Description(
        CLUSTER, identity.peer_id, f"{number:016x}{life:016x}", f"node-{number}", "agent", "1.0"
    )
    return open_members(
        mesh,
        identity,
        _Cluster(introducers),
        _Events(changed),
        None,
        description,
        counts=Counts(),
        rng=random.Random(rng.random()),
        unix=unix,
    )
