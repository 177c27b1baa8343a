"""`chorus prune`: removes what nothing references, and says first what that is."""

import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from chorus import sweep
from chorus.contributions import NodeContributions
from chorus.host import CommandHost
from chorus.scratch_sweep import scratch_sweeper
from chorus.sweep import Swept
from chorus_hooks.errors import UsageError
from chorus_hooks.leftover import Sweeper
from chorus_hooks.node import Node
from chorus_hooks.quantity import told_size
from chorus_hooks.service import Capabilities


def run(
    ctx: typer.Context,
    yes: Annotated[bool, typer.Option("-y", "--yes", help="Do not ask.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Remove what nothing references: old tasks, their blobs, sandboxes and files of killed processes.

    Ended tasks, and blobs that nothing references, stay for CHORUS_RETENTION. Says what would go and how
    much that is, then asks. A running node does the same each hour.
    """
    host: CommandHost = ctx.obj
    if not (yes or dry_run or sys.stdin.isatty()):
        raise UsageError(
            "prune asks before it removes anything, and there is no terminal to ask on",
            hint="chorus prune --yes, or --dry-run to see what would go",
        )
    sweepers = _sweepers(host)
    swept = _sweep(host, sweepers, removing=False)
    if dry_run:
        document = {"removed": [], "freed": 0, "would_remove": _forms(swept), "would_free": swept.size}
        _tell(host, document, [*_list(swept), _summary("would remove", swept)], swept)
        return
    if not yes and swept.leftovers:
        host.console.note("\n".join([*_list(swept), _summary("would remove", swept)]))
        typer.confirm("Remove this?", abort=True, err=True)
    swept = _sweep(host, sweepers, removing=True)
    document = {"removed": _forms(swept), "freed": swept.size}
    _tell(host, document, [_summary("removed", swept)], swept)


def _sweepers(host: CommandHost) -> list[Sweeper]:
    provided: list[type[Any]] = [*(service.provides for service in host.services()), *host.given(), Node]
    return [scratch_sweeper(), *NodeContributions(host.registry, host.config, provided).sweepers()]


def _sweep(host: CommandHost, sweepers: Sequence[Sweeper], *, removing: bool) -> Swept:
    """All of them in this process, also beside a running node."""

    async def main(capabilities: Capabilities) -> Swept:
        act = sweep.remove if removing else sweep.find
        return await act(sweepers, lambda _: capabilities)

    requires = dict.fromkeys(kind for sweeper in sweepers for kind in sweeper.requires)
    return host.run(main, requires=tuple(requires), where="here")


def _tell(host: CommandHost, document: dict[str, object], lines: Sequence[str], swept: Swept) -> None:
    faults = [
        {"sweeper": fault.sweeper, "message": fault.error.message, "hint": fault.error.hint}
        for fault in swept.faults
    ]
    host.console.result(document | {"errors": faults}, "\n".join(lines))
    for fault in swept.faults:
        host.console.note(f"{fault.sweeper} could not be swept: {fault.error.message}")
    if faults:
        raise typer.Exit(1)


def _forms(swept: Swept) -> list[dict[str, object]]:
    return [{"kind": one.kind, "name": one.name, "size": one.size} for one in swept.leftovers]


def _list(swept: Swept) -> list[str]:
    width = max((len(one.kind) for one in swept.leftovers), default=0)
    return [f"{one.kind:<{width}}  {one.name}  {told_size(one.size)}" for one in swept.leftovers]


def _summary(verb: str, swept: Swept) -> str:
    if not swept.leftovers:
        return "nothing to remove"
    kinds = sweep.counts(swept.leftovers)
    told = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in kinds.items())
    also = (
        ", and the blobs that only those tasks used" if verb.startswith("would") and "task" in kinds else ""
    )
    return f"{verb} {told}{also}: {told_size(swept.size)}"
