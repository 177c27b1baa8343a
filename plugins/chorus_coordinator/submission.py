"""The fact that a task was asked for here, as it stands in the journal."""

import msgspec

from chorus_coordinator.control import Submit, digest
from chorus_coordinator.store import Control


def asked(control: Control, command: Submit) -> None:
    """Journal it, with whose part it is or what it repeats."""
    document, source = command.document, command.document.source
    data = {"task": command.task, "document": msgspec.to_builtins(document), "digest": digest(document)}
    if command.retry_of is not None:
        data["retry_of"] = command.retry_of
    if command.part_of is not None:
        data["part_of"] = command.part_of
    control.fact("task.submit_asked", data, ref=None if source is None else f"sha256:{source.sha256}")
