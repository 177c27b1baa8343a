"""`chorus id`: who this node is."""

import typer

from chorus import __version__
from chorus.host import CommandHost
from chorus_hooks.identity import Identity
from chorus_hooks.node import agent_id
from chorus_hooks.service import Capabilities


def show(ctx: typer.Context) -> None:
    """Show the peer id, the display name and the version."""
    host: CommandHost = ctx.obj

    async def ask(capabilities: Capabilities) -> str:
        return capabilities.get(Identity).peer_id

    peer_id = host.run(ask, requires=(Identity,), where="here")
    document = {
        "peer_id": peer_id,
        "agent_id": agent_id(host.config, peer_id),
        "version": __version__,
    }
    host.console.result(document, "\n".join(f"{key:<9} {value}" for key, value in document.items()))
