"""`chorus id`: who this node is."""

from pathlib import Path

import typer

from chorus import __version__
from chorus.host import CommandHost
from chorus.local_mesh.place import places
from chorus_hooks.command import Where
from chorus_hooks.endpoint import URL
from chorus_hooks.identity import Identity
from chorus_hooks.node import AGENT_ID, STATE_DIR, Node, agent_id
from chorus_hooks.service import Capabilities


def show(ctx: typer.Context) -> None:
    """Show the peer id, the display name and the version.

    On a state dir with nodes of `chorus up`: those of the first node that is up.
    """
    host: CommandHost = ctx.obj

    async def ask(capabilities: Capabilities) -> tuple[Path, str]:
        return capabilities.get(Node).state_dir, capabilities.get(Identity).peer_id

    where: Where = "here" if host.config[URL] else "auto"  # never of a node on another machine
    state_dir, peer_id = host.run(ask, requires=(Identity, Node), where=where)
    document = {"peer_id": peer_id, "agent_id": _name(host, state_dir, peer_id), "version": __version__}
    host.console.result(document, "\n".join(f"{key:<9} {value}" for key, value in document.items()))


def _name(host: CommandHost, state_dir: Path, peer_id: str) -> str:
    given = host.config[AGENT_ID]
    named = [
        place.agent_id(given) for place in places(host.config[STATE_DIR]) if place.state_dir == state_dir
    ]
    return named[0] if given and named else agent_id(host.config, peer_id)
