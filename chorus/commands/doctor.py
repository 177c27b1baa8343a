"""`chorus doctor`: what is wrong with this machine, and what to do about it."""

import sys
from collections.abc import Sequence

import typer

from chorus.host import CommandHost
from chorus_hooks.health import CheckReport
from chorus_hooks.node import STATE_DIR

COLOURS = {"ok": "\x1b[32m", "warning": "\x1b[33m", "failed": "\x1b[1;31m"}
RESET = "\x1b[0m"


def run(ctx: typer.Context) -> None:
    """Check this machine: state dir, disk, clock, engine, sandbox, journal, plugins; tell what to do.

    Everything is really tried, in this process. Exit 1 when something failed; a warning is no failure.
    """
    host: CommandHost = ctx.obj
    reports = examine(host)
    ok = all(report.finding.status != "failed" for report in reports)
    colours = host.console.color and sys.stdout.isatty()
    host.console.result(
        {"ok": ok, "findings": [_form(report) for report in reports]},
        "\n".join(line for report in reports for line in _lines(report, colours=colours)),
    )
    if not ok:
        raise typer.Exit(1)


def examine(host: CommandHost) -> tuple[CheckReport, ...]:
    """Run the core's checks and the plugins'."""
    from chorus.checks import core_checks
    from chorus.examination import Examination

    theirs = host.registry.everything(host.config)["checks"]
    mine = core_checks(host.config, host.plugins)
    names = {check.name for check in mine}
    checks = [*mine, *(entry.value for name, entry in theirs.items() if name not in names)]
    return Examination(checks, host.services(), host.given()).run(host.config[STATE_DIR])


def _form(report: CheckReport) -> dict[str, object]:
    finding = report.finding
    return {
        "name": report.name,
        "status": finding.status,
        "text": finding.text,
        "cure": finding.cure,
        "took_s": round(report.took_s, 4),
    }


def _lines(report: CheckReport, *, colours: bool) -> Sequence[str]:
    finding = report.finding
    mark = f"{finding.status:<7}"
    if colours:
        mark = f"{COLOURS[finding.status]}{mark}{RESET}"
    lines = [f"{mark}  {report.name}: {_plain(finding.text)}"]
    if finding.cure and finding.status != "ok":
        lines.append(f"           try: {_plain(finding.cure)}")
    return lines


def _plain(text: str) -> str:
    """One line, without what a terminal would take for a command: it may quote an engine, or a file."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())
