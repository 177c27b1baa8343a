"""Cards and claims that tests make."""

from functools import cache

from chorus_hooks.members import State
from chorus_identity.key_pair import KeyPair
from chorus_members.card import Card, SignedCard, seal
from chorus_members.claim import Claim, claim_of
from chorus_members.own import Description, Own
from tests.unit.members.site import CLUSTER, key

BOOT = "0" * 32
KEYS = [key(number) for number in range(1, 8)]
VERIFY = KEYS[0].verify


def card(number: int = 1, incarnation: int = 1, boot: str = BOOT, **more: object) -> Card:
    fields = {"agent_id": f"agent-{number}", "kind": "agent", "version": "1.0", **more}
    peer_id = key(number).peer_id
    return Card(cluster=CLUSTER, peer_id=peer_id, boot=boot, incarnation=incarnation, **fields)  # type: ignore[arg-type]


@cache
def signed(number: int = 1, incarnation: int = 1, boot: str = BOOT, left: bool = False) -> SignedCard:
    return seal(card(number, incarnation, boot, left=left), key(number).sign)


def claim(
    number: int = 1, incarnation: int = 1, state: State = "alive", boot: str = BOOT, left: bool = False
) -> Claim:
    return claim_of(signed(number, incarnation, boot, left), state)


def own(number: int = 1, incarnation: int = 10) -> Own:
    identity: KeyPair = key(number)
    description = Description(CLUSTER, identity.peer_id, "f" * 32, f"agent-{number}", "agent", "1.0")
    return Own(
        description, (f"/ip4/10.0.0.{number}/tcp/9000/p2p/{identity.peer_id}",), incarnation, identity.sign
    )
