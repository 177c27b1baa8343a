"""Tables for people: what succeeded by language, and by kind of trial. Pure but for the printing."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table

from contrib.eval.task import LANGUAGES
from contrib.eval.trial import Trial


def show(console: Console, trials: Sequence[Trial], skipped: Iterable[str], seconds: float) -> None:
    """Rows are kinds, columns languages; a cell is how many were reported as success, of how many."""
    table = Table(title="reported as success, of all")
    table.add_column("trial")
    for column in (*LANGUAGES, "all"):
        table.add_column(column, justify="right")
    for kind in dict.fromkeys(trial.kind for trial in trials):
        rows = [trial for trial in trials if trial.kind == kind]
        by_language = [[row for row in rows if row.task.startswith(f"{name}/")] for name in LANGUAGES]
        table.add_row(kind, *map(cell, [*by_language, rows]))
    console.print(table)
    for trial in trials:
        if not trial.good:
            console.print(f"[red]WRONG[/] {trial.kind} {trial.task} ({trial.sandbox}): {trial.reason}")
            console.print(trial.said.strip(), style="dim", markup=False)
    for line in skipped:
        console.print(f"skipped: {line}")
    console.print(f"{len(trials)} trials, {sum(not t.good for t in trials)} wrong, {seconds:.0f} s")


def cell(trials: Sequence[Trial]) -> str:
    """How many succeeded, of how many; in red when one is not as it has to be."""
    if not trials:
        return "-"
    text = f"{sum(trial.succeeded for trial in trials)}/{len(trials)}"
    return text if all(trial.good for trial in trials) else f"[red]{text}[/]"
