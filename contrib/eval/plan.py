"""Which trials there are to be: every oracle, every fraud, every fault, or what was asked for of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from contrib.eval import faults
from contrib.eval.place import IMAGES
from contrib.eval.reply import calls, replies
from contrib.eval.sabotages import SABOTAGES, applies
from contrib.eval.task import Task
from contrib.eval.trial import Bench, Trial

Work = Callable[[Bench], Trial]


def planned(
    there: Sequence[Task], oracles: bool, fraud: str | None, fault: str | None
) -> Iterator[tuple[Task, Work]]:
    """What is asked for, or everything when nothing is. `all` are all of a kind."""
    everything = not (oracles or fraud or fault)
    if everything or oracles:
        yield from ((task, partial(oracle, task=task)) for task in there)
        yield from ((task, partial(oracle_by_tools, task=task)) for task in there)
    for name in SABOTAGES:
        if everything or fraud in (name, "all"):
            yield from (
                (task, partial(sabotage, task=task, name=name)) for task in there if applies(name, task)
            )
    for name in faults.FAULTS:
        if everything or fault in (name, "all"):
            yield from ((task, partial(faults.recover, task=task, fault=name)) for task in there)


def oracle(bench: Bench, task: Task) -> Trial:
    """The fix, which has to succeed."""
    return bench.try_out(task, "oracle", replies(task.oracle), should=True)


def oracle_by_tools(bench: Bench, task: Task) -> Trial:
    """The fix by calls of tools, which has to succeed, too."""
    return bench.try_out(task, "oracle:tools", calls(task.oracle), should=True)


def sabotage(bench: Bench, task: Task, name: str) -> Trial:
    """A fraud, which may not."""
    return bench.try_out(task, name, replies(SABOTAGES[name](task)), should=False)


def bare(task: Task) -> Task:
    """The same task with its first verify command alone."""
    return replace(task, verify=task.verify[:1])


def able(wanted: Sequence[Task], sandbox: str) -> tuple[list[Task], list[str]]:
    """The tasks that can run there, and a line for each that cannot."""
    there, lacking = [], []
    for task in wanted:
        if sandbox == "docker" and task.language not in IMAGES:
            lacking.append(f"{task.title} in docker: no image here has its tools")
        elif task.lacks and sandbox == "bwrap":
            lacking.append(f"{task.title}: there is no {task.lacks}")
        else:
            there.append(task)
    return there, lacking
