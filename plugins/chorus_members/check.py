"""The check `peers`: whether those who were here still are."""

from collections.abc import Sequence
from typing import Final

from chorus_hooks.health import Check, Finding
from chorus_hooks.members import Member, Members
from chorus_hooks.service import Capabilities

CURE: Final = "look at the network between them and this node; `chorus peers` says where they were"


def peers_check() -> Check:
    """It asks nobody: the members are pinged all the time."""
    return Check("peers", _probe, requires=(Members,), every=10.0, where="node")


def judge(members: Sequence[Member]) -> Finding:
    """Pure. A node alone is well; one that lost everybody may be the one that is cut off."""
    there = sum(member.state == "alive" for member in members)
    doubtful = sum(member.state == "suspect" for member in members)
    dead = sum(member.state == "dead" for member in members)
    if not (there or doubtful or dead):
        return Finding("ok", "no other peer is known")
    told = f"{there} {'peer answers' if there == 1 else 'peers answer'}"
    told += f", {doubtful} suspected" if doubtful else ""
    told += f", {dead} dead within the hour" if dead else ""
    if there or not dead:
        return Finding("ok", told)
    return Finding("warning", f"none of the peers answers: {told}", CURE)


async def _probe(capabilities: Capabilities) -> Finding:
    return judge(capabilities.get(Members).all())
