"""Check tasks without a sandbox, for who writes one: `python -m contrib.eval.check [GLOB…]`.

A task is sound when its verify fails on the source, and passes after the oracle. No fraud is ever tried here:
some overwrite the interpreter, so they run in sandboxes only.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from contrib.eval.task import Action, Task, Write, picked, plain_environment, tasks

TIME_S = 60.0


def faults(task: Task) -> list[str]:
    """What is wrong with a task; nothing for a sound one."""
    with tempfile.TemporaryDirectory(prefix="chorus-eval-") as scratch:
        work = task.copy(Path(scratch, "work"))
        found = []
        if not verify(task, work):
            found.append("verify passes on the source")
        work = task.copy(Path(scratch, "fixed"))
        for action in task.oracle:
            said = act(work, action)
            if said:
                found.append(f"the oracle fails: {said}")
        said = verify(task, work)
        if said:
            found.append(f"verify fails after the oracle: {said}")
        return found


def verify(task: Task, work: Path) -> str:
    """Why the work does not pass; empty when it does."""
    return next((said for line in task.verify if (said := run(work, line))), "")


def act(work: Path, action: Action) -> str:
    """Do what an agent would do. Returns why it failed, or nothing."""
    if isinstance(action, Write):
        path = work / action.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(action.content, encoding="utf-8")
        return ""
    return run(work, action.line)


def run(work: Path, line: str) -> str:
    """Run a shell line. Returns the end of what it said when it failed, or nothing."""
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=work,
        env=plain_environment(work.parent),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=TIME_S,
        check=False,
    )
    said = done.stdout.decode(errors="replace").strip()[-1500:]
    return f"`{line}` ended with {done.returncode}\n{said}" if done.returncode else ""


def main(globs: Sequence[str]) -> int:
    """Print a line for each task. Returns the exit code."""
    sound = True
    for task in picked(tasks(), globs or ("*",)):
        found = [f"skipped, there is no {task.lacks}"] if task.lacks else faults(task)
        sound = sound and (not found or bool(task.lacks))
        print(f"{task.title:28} {'; '.join(found) or 'sound'}")
    return 0 if sound else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
