"""`chorus up`: nodes of one mesh on this machine."""

import signal
import sys
from typing import Annotated, Any

import trio
import typer

from chorus.errors import first_of
from chorus.host import CommandHost
from chorus.local_mesh.crew import Crew, Plan
from chorus.local_mesh.place import MOST, Place, Where
from chorus_hooks.cluster import Cluster
from chorus_hooks.endpoint import API_TOKEN, URL
from chorus_hooks.errors import UsageError
from chorus_hooks.node import STATE_DIR
from chorus_hooks.service import Capabilities


def run(
    ctx: typer.Context,
    nodes: Annotated[
        int, typer.Option("-n", "--nodes", min=1, max=MOST, help="How many there are to be.")
    ] = 3,
    detach: Annotated[bool, typer.Option("--detach", help="Return when they are ready.")] = False,
) -> None:
    """Run nodes of one mesh on this machine until SIGINT or SIGTERM, each with a state dir of its own.

    They are in nodes/1, nodes/2, … in the state dir, with one secret, and find each other. Those that run
    already are left alone, so a larger number adds some. Other commands on the state dir use the first node
    that is up. `chorus down` stops them from another terminal.
    """
    host: CommandHost = ctx.obj
    if host.config[URL]:
        raise UsageError(
            f"up starts nodes here, and {URL.name} names a node elsewhere", hint=f"unset {URL.name}"
        )
    crew = Crew(_plan(host, nodes))
    try:
        trio.run(_run, host, crew, detach)
    except BaseExceptionGroup as group:
        raise first_of(group) from group


def _plan(host: CommandHost, nodes: int) -> Plan:
    async def ask(capabilities: Capabilities) -> str:
        return capabilities.get(Cluster).join_token(())

    token = host.run(ask, requires=(Cluster,), where="here")
    return Plan(host.config[STATE_DIR], nodes, host.environment, token, host.config[API_TOKEN])


async def _run(host: CommandHost, crew: Crew, detach: bool) -> None:
    async with trio.open_nursery() as nursery:
        await nursery.start(_until_told, nursery.cancel_scope)
        await crew.start()
        _tell(host, crew)
        if not detach and crew.children:
            try:
                host.console.note(f"Ctrl-C stops {_numbers(crew)}")
                await crew.look_after(host.console.note)
            finally:
                with trio.CancelScope(shield=True):
                    await crew.stop()
        nursery.cancel_scope.cancel()


async def _until_told(work: trio.CancelScope, *, task_status: trio.TaskStatus[None]) -> None:
    """SIGHUP ends it too, when its terminal goes away; but not under nohup."""
    told = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        told.append(signal.SIGHUP)
    with trio.open_signal_receiver(*told) as signals:
        task_status.started()
        async for _ in signals:
            work.cancel()


def _tell(host: CommandHost, crew: Crew) -> None:
    started = {child.place.name for child in crew.children}
    running = [crew.running[name] for name in sorted(crew.running, key=int)]
    document = {
        "nodes": [_form(place, where, started=place.name in started) for place, where in running],
        "meshed": crew.meshed,
    }
    host.console.result(document, _table(running, started))
    sys.stdout.flush()
    if not started:
        host.console.note("all of them run already; `chorus down` stops them")
    elif len(running) > 1 and not crew.meshed:
        host.console.note("not all of them see each other yet: `chorus peers` shows who does")


def _form(place: Place, where: Where, *, started: bool) -> dict[str, Any]:
    return {
        "name": place.name,
        "peer_id": where.peer_id,
        "pid": where.pid,
        "api": where.api,
        "health": where.health,
        "p2p": where.p2p,
        "state_dir": str(place.state_dir),
        "log": str(place.log),
        "started": started,
    }


def _table(running: list[tuple[Place, Where]], started: set[str]) -> str:
    rows = [("NODE", "PEER", "PID", "API", "HEALTH", "STATE DIR", "")]
    for place, where in running:
        mark = "" if place.name in started else "runs already"
        peer = where.peer_id[-8:]
        rows.append((place.name, peer, str(where.pid), where.api, where.health, str(place.state_dir), mark))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _numbers(crew: Crew) -> str:
    names = [child.place.name for child in crew.children]
    return f"node {names[0]}" if len(names) == 1 else f"nodes {', '.join(names)}"
