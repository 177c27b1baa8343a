"""`chorus status`: the node at a glance."""

from typing import Any

import typer

from chorus_hooks.command import Host
from chorus_hooks.service import Capabilities
from chorus_http.client.connection import Connection
from chorus_http.client.overview import overview

app = typer.Typer()


@app.command()
def status(ctx: typer.Context) -> None:
    """Show how the node is: whether it is ready, what is wrong, its tasks, its journal, its sandbox.

    Needs a node: the one of the state dir, or the one that CHORUS_URL names. Exits with 3 when there is none.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> dict[str, Any]:
        return await capabilities.get(Connection).get("status")

    document = host.run(main, requires=(Connection,), where="node")
    host.console.result(document, overview(document))
