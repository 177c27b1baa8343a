"""`chorus approve` and `chorus deny`: what waits for a person, and what the person says.

What is approved is what was shown: the answer names the digest of exactly that text.
"""

import sys
from typing import Annotated, Final, TypeAlias

import typer

from chorus_coordinator.cli.text import cut, plain, table
from chorus_hooks.command import Host
from chorus_hooks.errors import NotFound, UsageError
from chorus_hooks.gate import Gate, OpenQuestion
from chorus_hooks.gate_json import question_json
from chorus_hooks.service import Capabilities

_HEADINGS: Final = ("ID", "DIGEST", "ASKS", "ASKED", "UNTIL", "TEXT")
_TEXT: Final = 60
_SHORT: Final = 12

Id: TypeAlias = Annotated[
    str | None, typer.Argument(metavar="[ID]", help="The task; without it, list what waits.")
]
Digest: TypeAlias = Annotated[
    str | None, typer.Option(metavar="DIGEST", help="What is meant, when nobody is asked: 8 digits or more.")
]
Why: TypeAlias = Annotated[str, typer.Option(metavar="TEXT", help="A reason, which is kept with the answer.")]


def approve(ctx: typer.Context, task_id: Id = None, digest: Digest = None, why: Why = "") -> None:
    """Say yes to what a task asks; without an id, list everything that waits for a person.

    Shows what would be done, and asks. With --digest nothing is asked: it names what was read before. An
    answer counts once, for exactly that text; no answer in time is a no.
    """
    _command(ctx.obj, task_id, digest, why, approved=True)


def deny(ctx: typer.Context, task_id: Id = None, digest: Digest = None, why: Why = "") -> None:
    """Say no to what a task asks; without an id, list everything that waits for a person.

    As `chorus approve`, with the other answer.
    """
    _command(ctx.obj, task_id, digest, why, approved=False)


def _command(host: Host, task_id: str | None, digest: str | None, why: str, *, approved: bool) -> None:
    why = why.encode("utf-8", "replace").decode()  # an argument may be no text
    if task_id is None:
        if digest is not None or why:
            raise UsageError("an answer needs the id of its task", hint="without one, this only lists")
        _list(host, _open(host))
        return
    if digest is None:
        asked = _choose(task_id, _open(host))
        _confirm(host, asked, approved=approved)
        task_id, digest = asked.question.task_id, asked.question.digest
    _answer(host, task_id, digest, why, approved=approved)


def _list(host: Host, waiting: tuple[OpenQuestion, ...]) -> None:
    document = {"approvals": [question_json(asked) for asked in waiting]}
    host.console.result(document, "\n".join(table([_HEADINGS, *map(row, waiting)])) if waiting else "")
    if not waiting:
        host.console.note("chorus: nothing waits for a person")


def row(asked: OpenQuestion) -> tuple[str, ...]:
    """One line of the list."""
    question = asked.question
    text = cut(plain(question.text), _TEXT)
    times = (at[:19].replace("T", " ") for at in (asked.asked_at, asked.until))
    return (question.task_id[:_SHORT], question.digest[:_SHORT], question.subject, *times, text)


def shown(asked: OpenQuestion) -> str:
    """All that is asked, each line behind a bar, so that no line of it can pass for one of ours.

    What does not print is shown as an escape, and counted: else it could be taken for the text of one.
    """
    question = asked.question
    lines = [f"  | {plain(line)}" for line in question.text.split("\n")]
    head = f"task {question.task_id[:_SHORT]}, attempt {question.attempt}, asks about a {question.subject}:"
    hidden = sum(not letter.isprintable() for letter in question.text if letter != "\n")
    note = (
        [f"{hidden} of its characters do not print; they are the escapes that you see", ""] if hidden else []
    )
    return "\n".join([head, "", *lines, "", *note, f"digest {question.digest}, until {asked.until}"])


def _choose(task_id: str, waiting: tuple[OpenQuestion, ...]) -> OpenQuestion:
    found = [asked for asked in waiting if task_id and asked.question.task_id.startswith(task_id)]
    if len(found) > 1:
        raise UsageError(f"several tasks that wait begin with {task_id}", hint="give more digits of the id")
    if not found:
        raise NotFound(
            f"no task {task_id!r} asks anything", hint="`chorus approve` without an id lists what waits"
        )
    return found[0]


def _confirm(host: Host, asked: OpenQuestion, *, approved: bool) -> None:
    """Show it and ask. Raises UsageError when there is nobody to ask, Abort when the person says no."""
    verb = "approve" if approved else "deny"
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        question = asked.question
        raise UsageError(
            "what is meant has to be named, for there is no terminal to show it on",
            hint=f"read it in `chorus {verb} --json`, then"
            f" chorus {verb} {question.task_id[:_SHORT]} --digest {question.digest[:_SHORT]}",
        )
    print(shown(asked), file=sys.stderr)
    if not typer.confirm(f"{verb.capitalize()} this?", err=True):
        host.console.note("chorus: nothing was said; it waits on")
        raise typer.Exit(1)


def _open(host: Host) -> tuple[OpenQuestion, ...]:
    async def main(capabilities: Capabilities) -> tuple[OpenQuestion, ...]:
        return await capabilities.get(Gate).open()

    return host.run(main, requires=(Gate,))


def _answer(host: Host, task_id: str, digest: str, why: str, *, approved: bool) -> None:
    async def main(capabilities: Capabilities) -> OpenQuestion:
        return await capabilities.get(Gate).answer(task_id, digest, approved=approved, why=why)

    answered = host.run(main, requires=(Gate,))
    document = {**question_json(answered), "approved": approved}
    host.console.result(document, answered.question.task_id)
    said = "yes" if approved else "no"
    host.console.note(
        f"chorus: said {said} to {answered.question.subject} {answered.question.digest[:_SHORT]}"
    )
