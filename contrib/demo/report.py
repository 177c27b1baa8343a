"""The closing summary."""

from collections import Counter
from dataclasses import dataclass

from mesh import Mesh
from outcome import Outcome
from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True)
class Log:
    """What was found out about the log: its verification, that of a falsified copy, its checkpoint."""

    faults: list[str]
    verified: dict[str, object]
    falsified: dict[str, object]
    checkpoint: str


def faults(outcomes: list[Outcome], log: Log, mesh: Mesh) -> list[str]:
    """Everything that did not go as expected."""
    found = [f"{outcome.step.name}: {fault}" for outcome in outcomes for fault in outcome.faults]
    found += [*(f"mesh: {fault}" for fault in mesh.faults), *log.faults]
    if not log.verified.get("ok"):
        found.append("the log does not verify")
    if log.falsified.get("ok") is not False or log.falsified.get("first_bad") is None:
        found.append("a falsified copy of the log was not found out")
    return found


def show(
    console: Console,
    outcomes: list[Outcome],
    skipped: dict[str, str],
    log: Log,
    mesh: Mesh,
    seconds: float,
) -> None:
    """Everything a person may want to look at once more."""
    console.rule("[bold]What happened[/]", align="left")
    console.print(_table(outcomes))
    for name, why in skipped.items():
        console.print(f"[yellow]skipped[/] {name}: {escape(why)}")
    _sandboxes(console, outcomes)
    _artifacts(console, outcomes)
    _log(console, log)
    if not mesh.faults:
        _mesh(console, mesh)
    _verdict(console, len(outcomes), faults(outcomes, log, mesh), seconds)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, justify in (
        ("task", "left"),
        ("sandbox", "left"),
        ("outcome", "left"),
        ("exit", "right"),
        ("took", "right"),
        ("files", "right"),
    ):
        table.add_column(name, justify=justify, no_wrap=name != "sandbox")  # type: ignore[arg-type]
    for outcome in outcomes:
        result = outcome.result
        table.add_row(
            outcome.step.name,
            " ".join(filter(None, (result.get("sandbox"), result.get("image")))) or "none",
            _state(outcome),
            str(outcome.exit_code),
            f"{outcome.seconds:.1f} s",
            str(len(outcome.artifacts) or ""),
        )
    return table


def _state(outcome: Outcome) -> str:
    reason = outcome.result.get("reason")
    state = str(outcome.task.get("state", "not recorded") if reason in (None, "exited") else reason)
    if outcome.faults:
        return f"[bold red]{state}[/]"
    return f"[green]{state}[/]" if outcome.step.expected == 0 else f"[green]{state}[/], as expected"


def _sandboxes(console: Console, outcomes: list[Outcome]) -> None:
    why = Counter(str(outcome.result.get("chosen") or "none was found") for outcome in outcomes)
    console.print("\n[bold]Why that sandbox[/]")
    for text, count in why.items():
        console.print(f"  {count} x {escape(text)}", soft_wrap=True)
    console.print("\n[bold]What the sandbox does not limit on this machine[/]")
    open_ends = {
        str(outcome.result["sandbox"]): outcome.result.get("unlimited") or []
        for outcome in outcomes
        if outcome.result.get("sandbox")
    }
    for name, limits in open_ends.items():
        console.print(f"  {name}: {', '.join(limits) or 'every limit is held'}")


def _artifacts(console: Console, outcomes: list[Outcome]) -> None:
    for outcome in outcomes:
        if not outcome.artifacts:
            continue
        console.print(f"\n[bold]Artifacts of {outcome.step.name}[/], hashed again where they landed")
        for artifact in outcome.artifacts:
            console.print(
                f"  sha256:{artifact['sha256']}  {artifact['size']:>6}  {escape(artifact['path'])}",
                soft_wrap=True,
            )


def _log(console: Console, log: Log) -> None:
    console.print("\n[bold]The log[/]")
    console.print(f"  {log.verified['size']} entries, every one hashed and checked against the signature")
    console.print(
        f"  an exit code changed in a copy: found, at entry {log.falsified['first_bad']}"
        f" ({escape(str(log.falsified['error']))})",
        soft_wrap=True,
    )
    console.print("  the signed checkpoint, for anyone who wants to hold this node to it:")
    for line in log.checkpoint.strip().splitlines():
        console.print(f"    [cyan]{escape(line)}[/]", soft_wrap=True)


def _mesh(console: Console, mesh: Mesh) -> None:
    console.print("\n[bold]The mesh[/]")
    console.print(f"  {mesh.entries} entries of a node that was killed, verified from another one's copy")
    console.print(f"  started again, it was whole after {mesh.back:.1f} s", soft_wrap=True)


def _verdict(console: Console, tasks: int, found: list[str], seconds: float) -> None:
    console.print()
    for fault in found:
        console.print(f"[bold red]not as expected: {escape(fault)}[/]", soft_wrap=True)
    if not found:
        console.print(f"[bold green]All {tasks} tasks and the mesh went as expected[/], in {seconds:.0f} s.")
