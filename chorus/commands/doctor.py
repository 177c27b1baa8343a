"""`chorus doctor`: what is wrong with this machine, and what to do about it."""

import sys
from collections.abc import Sequence

import typer

from chorus.host import CommandHost
from chorus_hooks.endpoint import URL
from chorus_hooks.errors import ChorusError
from chorus_hooks.health import Check, CheckReport, Checks, Finding
from chorus_hooks.node import STATE_DIR
from chorus_hooks.service import Capabilities

COLOURS = {"ok": "\x1b[32m", "warning": "\x1b[33m", "failed": "\x1b[1;31m"}
RESET = "\x1b[0m"


def run(ctx: typer.Context) -> None:
    """Check this machine: state dir, disk, clock, engine, sandbox, journal, plugins; tell what to do.

    Everything is really tried, in this process; what is about the mesh, by the node that is up, if one is.
    Exit 1 when something failed; a warning is no failure.
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
    told = _of_the_node(host, [check for check in checks if check.where != "here"])
    return Examination(checks, host.services(), host.given(), told).run(host.config[STATE_DIR])


def _of_the_node(host: CommandHost, checks: Sequence[Check]) -> dict[str, CheckReport]:
    """What the node of this state dir says of these; some have no meaning without it."""
    from chorus.endpoint import find
    from chorus.examination import report_of

    async def ask(capabilities: Capabilities) -> tuple[CheckReport, ...]:
        return await capabilities.get(Checks).reports()

    alone = [check.name for check in checks if check.where == "node"]
    if host.config[URL]:
        elsewhere = Finding("ok", f"not asked: {URL.name} names a node elsewhere")
        return {name: report_of(name, elsewhere) for name in alone}
    try:
        if find(host.config) is None:
            return {name: report_of(name, Finding("ok", "no node is up here")) for name in alone}
        reports = {report.name: report for report in host.run(ask, requires=(Checks,), where="node")}
    except ChorusError as error:
        why = Finding("warning", f"the node that is up does not tell: {error.message}", error.hint)
        return {check.name: report_of(check.name, why) for check in checks}
    unknown = Finding("warning", "the node that is up has not looked yet", "ask again in some seconds")
    return {check.name: reports.get(check.name) or report_of(check.name, unknown) for check in checks}


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
