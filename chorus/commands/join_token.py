"""`chorus join-token`: one word by which another node joins the mesh of this one."""

import typer

from chorus.endpoint import p2p_addresses
from chorus.host import CommandHost
from chorus_hooks.cluster import Cluster
from chorus_hooks.node import STATE_DIR
from chorus_hooks.service import Capabilities


def show(ctx: typer.Context) -> None:
    """Print a token for another node: CHORUS_JOIN=TOKEN chorus agent.

    It carries the secret of the mesh, and where this node can be dialled while it is up. Whoever has it can
    join, and read all that nodes share: send it over a channel that you trust.
    """
    host: CommandHost = ctx.obj
    found = p2p_addresses(host.config[STATE_DIR])
    addresses = reachable(found)

    async def ask(capabilities: Capabilities) -> tuple[str, str]:
        cluster = capabilities.get(Cluster)
        return cluster.join_token(addresses), cluster.tag

    token, tag = host.run(ask, requires=(Cluster,))
    host.console.result({"token": token, "cluster": tag, "addresses": addresses}, token)
    for note in notes(found):
        host.console.note(note)


def reachable(addresses: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a node that lead to it from elsewhere; all of them when none does."""
    return tuple(address for address in addresses if not is_loopback(address)) or addresses


def is_loopback(address: str) -> bool:
    """Whether a multiaddr leads to this machine and to no other."""
    return address.startswith(("/ip4/127.", "/ip6/::1/"))


def notes(found: tuple[str, ...]) -> list[str]:
    """What to know of a token that is made from these addresses."""
    told = ["this token is a secret: whoever has it can join"]
    if not found:
        told.append(
            "no node is up here, so it names no address: start one with `chorus agent` and ask again,"
            " unless both are on one LAN"
        )
    elif all(is_loopback(address) for address in found):
        told.append("this node listens on this machine only, and can be joined from nowhere else")
    return told
