"""The closing summary."""

from collections import Counter
from dataclasses import dataclass

from outcome import Outcome
from rich.console import Console
from rich.markup import escape
from rich.table import Table


@dataclass(frozen=True)
class Log:
    """What was found out about the log: its verification, that of a falsified copy, its checkpoint."""

    verified: dict[str, object]
    falsified: dict[str, object]
    checkpoint: str

    @property
    def sound(self) -> bool:
        """The log verifies, and a falsified one does not."""
        return bool(self.verified.get("ok")) and self.falsified.get("ok") is False


def show(
    console: Console, outcomes: list[Outcome], skipped: dict[str, str], log: Log, seconds: float
) -> None:
    """Everything a person may want to look at once more."""
    console.rule("[bold]What happened[/]", align="left")
    console.print(_table(outcomes))
    for name, why in skipped.items():
        console.print(f"[yellow]skipped[/] {name}: {escape(why)}")
    _sandboxes(console, outcomes)
    _artifacts(console, outcomes)
    _log(console, log)
    _verdict(console, outcomes, log, seconds)


def _table(outcomes: list[Outcome]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, justify in (
        ("task", "left"),
        ("sandbox", "left"),
        ("outcome", "left"),
        ("exit", "right"),
        ("took", "right"),
        ("artifacts", "right"),
    ):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
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
    state = str(outcome.task.get("state", "not recorded"))
    reason = outcome.result.get("reason")
    if reason not in (None, "exited"):
        state += f" ({reason})"
    if outcome.faults:
        return f"[bold red]{state}: not as expected[/]"
    return f"[green]{state}[/]" if outcome.step.expected == 0 else f"[green]{state}[/], as it should"


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
        console.print(f"  {name}: {', '.join(limits) or 'nothing: every limit is held'}")


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
        f"  one word changed in a copy: found, at entry {log.falsified['first_bad']}"
        f" ({escape(str(log.falsified['error']))})",
        soft_wrap=True,
    )
    console.print("  the signed checkpoint, for anyone who wants to hold this node to it:")
    for line in log.checkpoint.strip().splitlines():
        console.print(f"    [cyan]{escape(line)}[/]", soft_wrap=True)


def _verdict(console: Console, outcomes: list[Outcome], log: Log, seconds: float) -> None:
    console.print()
    faults = [f"{outcome.step.name}: {fault}" for outcome in outcomes for fault in outcome.faults]
    if not log.sound:
        faults.append("the log did not verify, or a falsified copy of it did")
    for fault in faults:
        console.print(f"[bold red]{escape(fault)}[/]", soft_wrap=True)
    if not faults:
        console.print(f"[bold green]All {len(outcomes)} tasks went as expected[/], in {seconds:.0f} s.")
