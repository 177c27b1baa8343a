"""`chorus log verify`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import trio
import typer

from chorus_hooks.command import Host
from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.identity import Identity
from chorus_hooks.journal import Journal
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities
from chorus_journal.audit import Report
from chorus_journal.database import database_path
from chorus_journal.export import read_lines, verify_export
from chorus_journal.verify import verify_database


def verify(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="A file written by `chorus log export`, of any node's log.")
    ] = None,
    peer: Annotated[
        str | None, typer.Option(help="The copy of another node's log, by its peer id or the log's origin.")
    ] = None,
) -> None:
    """Check every entry, every signed checkpoint and the tree. Exit 1 when something is damaged."""
    host: Host = ctx.obj
    if file is not None and peer is not None:
        raise UsageError("a file and --peer are two different logs", hint="give one of them")

    async def main(capabilities: Capabilities) -> Report:
        identity = capabilities.get(Identity)
        if file is not None:
            return await trio.to_thread.run_sync(_verify_file, file, identity)
        if peer is not None:
            return await _verify_copy(capabilities.get(Journal), peer, identity)
        path = database_path(capabilities.get(Node).state_dir)
        return await trio.to_thread.run_sync(verify_database, path, identity)

    needed = (Node, Identity) if peer is None else (Node, Identity, Journal)
    report = host.run(main, requires=needed)
    host.console.result(asdict(report), _text(report))
    if not report.ok:
        raise typer.Exit(1)


async def _verify_copy(journal: Journal, peer: str, identity: Identity) -> Report:
    from chorus_journal.replica.finding import find_log
    from chorus_journal.replica.verifying import verify_copy

    await find_log(journal, peer)
    return await journal.read(lambda reader: verify_copy(reader, peer, identity))


def _verify_file(path: Path, identity: Identity) -> Report:
    try:
        with path.open("rb") as file:
            return verify_export(read_lines(file), identity)
    except OSError as error:
        raise NotFound(f"cannot read {path}: {error.strerror}") from error


def _text(report: Report) -> str:
    if report.ok:
        return f"ok: {report.checked} entries, root {report.root}, all signed"
    where = "" if report.first_bad is None else f" (first bad entry: {report.first_bad})"
    return f"damaged: {report.error}{where}\n{report.checked} entries before that are good"
