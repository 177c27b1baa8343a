"""`chorus down`: stops the nodes of `chorus up`."""

from pathlib import Path

import trio
import typer

from chorus.host import CommandHost
from chorus.local_mesh.crew import starting
from chorus.local_mesh.ending import stop
from chorus.local_mesh.place import Place, places
from chorus_hooks.endpoint import URL
from chorus_hooks.errors import UsageError
from chorus_hooks.node import STATE_DIR


def run(ctx: typer.Context) -> None:
    """Stop the nodes that `chorus up` started on this state dir; what they know stays in their state dirs.

    Each is asked to end, and killed when it does not within 20 seconds.
    """
    host: CommandHost = ctx.obj
    if host.config[URL]:
        raise UsageError(
            f"down stops nodes here, and {URL.name} names a node elsewhere", hint=f"unset {URL.name}"
        )
    root = host.config[STATE_DIR]
    stopped, killed = _stop(root) if places(root) else ([], [])
    document = {"stopped": [p.name for p in stopped], "killed": [p.name for p in killed]}
    lines = [f"node {p.name} stopped" for p in stopped] + [
        f"node {p.name} killed: it did not stop" for p in killed
    ]
    host.console.result(document, "\n".join(lines) or f"no node of `chorus up` runs on {root}")


def _stop(root: Path) -> tuple[list[Place], list[Place]]:
    with starting(root):
        return trio.run(stop, places(root))
