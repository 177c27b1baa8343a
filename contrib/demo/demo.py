"""`make demo`: real projects through `chorus run`, in a state dir of their own, and what came of it.

Ends with 0 when everything went as expected, a failing test suite included. `--keep` leaves the state
dir, so that the tasks and the log can be looked at afterwards.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import machine
import mesh
import model
import report
import steps
import summary
from falsify import falsify
from outcome import Outcome, judge
from program import Chorus, command_line
from rich.console import Console
from rich.markup import escape

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ("python", "c", "javascript", "shell")


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description="Run the example projects through chorus.")
    parser.add_argument("--keep", action="store_true", help="leave the state dir for a look at it")
    keep = parser.parse_args().keep
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 100)
    os.chdir(ROOT)
    scratch = Path(tempfile.mkdtemp(prefix="chorus-demo-"))
    try:
        return 0 if demo(console, scratch) else 1
    except KeyboardInterrupt:
        return 130
    finally:
        if keep:
            console.print(f"kept: chorus --state-dir {scratch / 'state'} task list")
        else:
            shutil.rmtree(scratch, ignore_errors=True)


def demo(console: Console, scratch: Path) -> bool:
    started = time.monotonic()
    state = scratch / "state"
    found = machine.look(images(Chorus(state, {})), lambda text: console.print(text, style="dim"))
    console.print(f"[dim]{found.engine}; chorus decides for each task where it runs[/]")
    chorus = Chorus(state, found.environment())
    broken = break_it(console, scratch)
    outcomes: list[Outcome] = []
    skipped: dict[str, str] = {}
    for step in steps.story(broken, scratch / "reports"):
        lacking = found.lacks(step.language, step.tools)
        if lacking:
            skipped[step.name] = lacking
        else:
            with model.played(step, scratch) as environment:
                outcomes.append(take(console, Chorus(state, {**found.environment(), **environment}), step))
    spoken = speak(console)
    if spoken.why_not:
        skipped["summary"] = spoken.why_not
    together = three_nodes(console, found, scratch / "mesh")
    log = look_back(console, chorus, state, scratch / "falsified", outcomes)
    report.show(console, outcomes, skipped, log, together, time.monotonic() - started)
    return not report.faults(outcomes, log, together)


def images(chorus: Chorus) -> dict[str, str]:
    """The images that chorus would use for the demo's languages."""
    settings = {setting["name"]: setting["value"] for setting in chorus.json("config")}
    return {language: settings[f"CHORUS_IMAGE_{language.upper()}"] for language in LANGUAGES}


def break_it(console: Console, scratch: Path) -> Path:
    """A copy of the Python project with its bug put in."""
    broken = scratch / "python-inventory-broken"
    shutil.copytree(steps.EXAMPLES / "python-inventory", broken, ignore=shutil.ignore_patterns("__pycache__"))
    prompt(console, f"(cd {broken} && git apply {ROOT / steps.PATCH})")
    subprocess.run(
        ["git", "apply", str(ROOT / steps.PATCH)],
        cwd=broken,
        check=True,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(scratch)},
    )
    return broken


def take(console: Console, chorus: Chorus, step: steps.Step) -> Outcome:
    """Run one step and look up what was recorded of it."""
    console.print()
    console.print(f"[bold]{step.name}[/]  {step.tells}", soft_wrap=True)
    prompt(console, command_line(step.argv()))
    started = time.monotonic()
    exit_code = chorus.run(*step.argv())
    seconds = time.monotonic() - started
    console.print(f"[dim]exit {exit_code}, {seconds:.1f} s[/]")
    return judge(step, exit_code, seconds, recorded(chorus, step.name))


def speak(console: Console) -> summary.Summary:
    """Let a real model say the repair in one line."""
    console.print()
    console.print("[bold]summary[/]  A real model, on this machine, says the repair in one line.")
    prompt(console, shlex.join(["python3", *summary.command()[1:]]))
    spoken = summary.summarize()
    if spoken.said:
        console.print(escape(spoken.said), soft_wrap=True)
        console.print(f"[dim]{spoken.model}, {spoken.seconds:.1f} s[/]")
    return spoken


def three_nodes(console: Console, found: machine.Machine, state: Path) -> mesh.Mesh:
    """Let equals work together, and kill one."""
    console.print()
    console.print(
        "[bold]mesh[/]  Three nodes; the one that works is killed, and the others can prove what it did."
    )
    chorus = Chorus(state, {**found.environment(), "CHORUS_MDNS_ENABLED": "false"})
    return mesh.Story(chorus, state, lambda line: prompt(console, line)).tell()


def recorded(chorus: Chorus, name: str) -> dict[str, Any]:
    """The task of that name, as the log has it; empty when it never got there."""
    for task in chorus.json("task", "list")["tasks"]:
        if task.get("title") == name:
            return dict(chorus.json("task", "show", task["id"]))
    return {}


def look_back(
    console: Console, chorus: Chorus, state: Path, copy: Path, outcomes: list[Outcome]
) -> report.Log:
    """What a person does afterwards: list, see what an agent changed, verify, and verify a falsified copy."""
    repaired = next((outcome.task["id"][:12] for outcome in outcomes if outcome.step.name == "repair"), None)
    looks = [["task", "list"], ["task", "diff", repaired] if repaired else [], ["log", "verify"]]
    faults = []
    for arguments in filter(None, looks):
        console.print()
        prompt(console, command_line(arguments))
        if chorus.run(*arguments):
            faults.append(f"{command_line(arguments)} failed")
    console.print()
    code = 1 if any(outcome.exit_code == 1 for outcome in outcomes) else 0
    falsify(state, copy, f'"exit_code":{code}', f'"exit_code":{1 - code}')
    return report.Log(
        faults=faults,
        verified=chorus.json("log", "verify"),
        falsified=Chorus(copy, {}).json("log", "verify"),
        checkpoint=str(json.loads(chorus.output("log", "export").partition("\n")[0])["checkpoint"]),
    )


def prompt(console: Console, line: str) -> None:
    """A command line as in a terminal."""
    console.print(f"[bold green]$[/] [bold]{escape(line)}[/]", soft_wrap=True)


if __name__ == "__main__":
    sys.exit(main())
