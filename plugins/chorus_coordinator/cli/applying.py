"""`chorus task apply`: what a task changed, into the person's own repository."""

from pathlib import Path
from typing import Annotated

import trio
import typer

from chorus_coordinator.cli.arguments import TaskId
from chorus_coordinator.cli.text import title
from chorus_hooks.blob import Blobs
from chorus_hooks.command import Host
from chorus_hooks.coordinator import Coordinator
from chorus_hooks.errors import Refused
from chorus_hooks.service import Capabilities
from chorus_hooks.task import Task


def apply_changes(
    ctx: typer.Context,
    task_id: TaskId,
    branch: Annotated[
        str | None, typer.Option(metavar="B", help="Commit them to a new branch B, and touch no file here.")
    ] = None,
    source: Annotated[
        Path, typer.Option(metavar="DIR", help="The directory that was given to the task.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Even of a task that did not succeed.")] = False,
) -> None:
    """Apply what a task changed to your git repository: all of it, or nothing.

    Without --branch the files of the working tree change. With it, a new branch is made from HEAD, with one
    commit in your name that names the task; your files and your index stay as they are.
    """
    host: Host = ctx.obj

    async def main(capabilities: Capabilities) -> tuple[Task, str | None]:
        task = await capabilities.get(Coordinator).get(task_id)
        _check(task, force)
        blobs = capabilities.get(Blobs)
        return task, await trio.to_thread.run_sync(_apply, blobs, task, source, branch)

    task, commit = host.run(main, requires=(Coordinator, Blobs))
    document = {"id": task.id, "branch": branch, "commit": commit}
    host.console.result(document, commit or "")
    changes = task.result.changes if task.result else None
    count = 0 if changes is None else changes.added + changes.modified + len(changes.deleted)
    where = "the working tree" if branch is None else f"branch {branch}"
    files = "1 file" if count == 1 else f"{count} files"
    host.console.note(f"chorus: {files} changed in {where}")


def _check(task: Task, force: bool) -> None:
    if task.result is None:
        raise Refused(f"task {task.id[:12]} has not ended", hint="chorus task wait")
    if task.state != "succeeded" and not force:
        raise Refused(
            f"task {task.id[:12]} did not succeed ({task.result.reason})",
            hint="look at `chorus task diff`; --force applies it all the same",
        )
    if task.result.changes is None:
        raise Refused(f"task {task.id[:12]} changed nothing")


def _apply(blobs: Blobs, task: Task, directory: Path, branch: str | None) -> str | None:
    from chorus_coordinator.cli.changes import patches
    from chorus_coordinator.cli.repository import Repository

    repository = Repository.at(directory)
    parts = list(patches(blobs, task, binary=True))
    for part in parts:
        if not part.startswith(b"diff "):  # a note for people in place of a patch
            raise Refused(
                part.decode("utf-8", "replace").strip(), hint="fetch such a file as an artifact of the task"
            )
    patch = b"".join(parts)
    if branch is None:
        repository.apply(patch)
        return None
    return repository.commit(patch, branch, _message(task))


def _message(task: Task) -> str:
    verified = " ".join(map(str, task.document.verify)) or "nothing"
    return f"{title(task)[:72]}\n\nChorus-Task: {task.id}\nChorus-Verified-By: {verified}\n"
