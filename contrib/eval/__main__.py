"""`python -m contrib.eval`: every task through chorus, with its oracle, with every fraud, with faults."""

import argparse
import json
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from queue import SimpleQueue

from rich.console import Console

from contrib.eval import faults, report
from contrib.eval.humaneval import NoProblems, humaneval
from contrib.eval.model import Model, model
from contrib.eval.place import IMAGES, sandboxes
from contrib.eval.plan import Work, able, bare, planned
from contrib.eval.sabotages import SABOTAGES
from contrib.eval.task import Task, picked, tasks
from contrib.eval.trial import Bench, Trial


def main() -> int:
    given = arguments()
    console = Console(stderr=given.json, width=None if sys.stdout.isatty() else 120)
    begun = time.monotonic()
    trials: list[Trial] = []
    skipped: list[str] = []
    scratch = Path(tempfile.mkdtemp(prefix="chorus-eval-"))
    try:
        whole = humaneval(scratch / "humaneval") if given.humaneval else tasks()
        chosen = [bare(task) if given.bare else task for task in picked(whole, given.tasks)]
        for sandbox in given.sandbox or sandboxes():
            there, lacking = able(chosen, sandbox)
            skipped += lacking
            trials += run(
                list(planned(there, given.oracle, given.sabotage, given.fault)),
                sandbox,
                scratch,
                given.jobs,
                console,
            )
    except KeyboardInterrupt:
        return 130
    except NoProblems as none:
        print(f"eval: {none}", file=sys.stderr)
        return 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if given.json:
        print(json.dumps({"trials": [trial.json() for trial in trials], "skipped": skipped}, indent=2))
    report.show(console, trials, skipped, time.monotonic() - begun)
    return 0 if trials and all(trial.good for trial in trials) else 1


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m contrib.eval", description=__doc__)
    parser.add_argument("--tasks", action="append", metavar="GLOB", help="such as python/* (repeatable)")
    parser.add_argument("--sandbox", action="append", choices=("bwrap", "docker"), help="default: all")
    parser.add_argument("--jobs", type=int, default=2, help="how many at once (default: 2)")
    parser.add_argument("--json", action="store_true", help="print every trial as JSON; the table to stderr")
    parser.add_argument("--bare", action="store_true", help="without canaries, to see what gets past then")
    parser.add_argument("--humaneval", action="store_true", help="the 164 problems of HumanEval instead")
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--oracle", action="store_true", help="only the oracles, by text and by tools")
    only.add_argument("--sabotage", choices=[*SABOTAGES, "all"], help="only this fraud")
    only.add_argument(
        "--fault", choices=[*faults.FAULTS, "all"], help="only oracles with this fault injected"
    )
    given = parser.parse_args()
    given.tasks = given.tasks or ["*"]
    return given


def run(
    plan: list[tuple[Task, Work]], sandbox: str, scratch: Path, jobs: int, console: Console
) -> list[Trial]:
    """Run the plan, each job with a state dir and a model of its own."""
    with ExitStack() as stack:
        free: SimpleQueue[tuple[Path, Model]] = SimpleQueue()
        for number in range(jobs):
            place = scratch / f"{sandbox}-{number}"
            place.mkdir()
            free.put((place, stack.enter_context(model(place))))

        def one(planned: tuple[Task, Work]) -> Trial:
            task, work = planned
            place, server = free.get()
            image = IMAGES[task.language] if sandbox == "docker" else None
            try:
                trial = work(Bench(place / "state", server, sandbox, image))
            finally:
                free.put((place, server))
            mark = "ok   " if trial.good else "[red]WRONG[/]"
            console.print(
                f"{mark} {sandbox:6} {trial.kind:14} {trial.task:28} {trial.reason:14} {trial.seconds:5.1f} s"
            )
            return trial

        with ThreadPoolExecutor(jobs) as pool:
            return list(pool.map(one, plan))


if __name__ == "__main__":
    raise SystemExit(main())
