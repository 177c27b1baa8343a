"""`chorus log verify`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import trio
import typer

from chorus_hooks.command import Host
from chorus_hooks.errors import NotFound
from chorus_hooks.identity import Identity
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
) -> None:
    """Check every entry, every signed checkpoint and the tree. Exit 1 when something is damaged."""
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> Report:
        identity = capabilities.get(Identity)
        if file is not None:
            return await trio.to_thread.run_sync(_verify_file, file, identity)
        path = database_path(capabilities.get(Node).state_dir)
        return await trio.to_thread.run_sync(verify_database, path, identity)

    report = host.run(main, requires=(Node, Identity))
    host.console.result(asdict(report), _text(report))
    if not report.ok:
        raise typer.Exit(1)


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
