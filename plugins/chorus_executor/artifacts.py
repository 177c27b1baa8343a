"""The deliverables of a task: chosen from the collected tree by `outputs`, stored as blobs, never altered."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from chorus_executor.globs import matcher
from chorus_executor.names import printable
from chorus_executor.tree import Node, Tree
from chorus_hooks.blob import Blobs
from chorus_hooks.task import Artifact

MOST: Final = 10_000
_DEEPEST: Final = 64
_LONGEST: Final = 1024


@dataclass
class Deliverables:
    """What is stored, what is not and why. `full` says that there were too many."""

    artifacts: list[Artifact] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    full: bool = False


def store_artifacts(
    blobs: Blobs, output: Tree, outputs: Sequence[str], *, max_bytes: int, check: Callable[[], None]
) -> Deliverables:
    """Store every file under /workspace/output that `outputs` names, in the order of their names.

    Blocks on the disk; `check` is called between pieces and may raise to stop. Raises Refused when the
    store is full.
    """
    wanted = matcher(outputs)
    stored = Deliverables(dropped=list(output.dropped))
    left = max_bytes
    for path, node in sorted(output.nodes.items()):
        if node.kind == "directory" or not wanted(path):
            continue
        reason = _refuse(path, node)
        if not reason and (len(stored.artifacts) == MOST or node.size > left):
            stored.full = True
            reason = f"is one of more than {MOST}" if node.size <= left else "is more than may be kept"
        if reason:
            stored.dropped.append(f"{printable(path)}: {reason}")
            continue
        left -= node.size
        stored.artifacts.append(_store(blobs, path, node, check))
    return stored


def _refuse(path: str, node: Node) -> str:
    if node.kind == "symlink":
        return f"is a link to {printable(node.target)}"
    if not path.isprintable():
        return "the name is not printable text"
    if path.count("/") >= _DEEPEST:
        return f"is more than {_DEEPEST} directories deep"
    if len(path.encode()) > _LONGEST:
        return "the name is too long"
    return ""


def _store(blobs: Blobs, path: str, node: Node, check: Callable[[], None]) -> Artifact:
    with blobs.create() as writer:
        check()
        for chunk in node.chunks():
            writer.write(chunk)
            check()
        blob = writer.commit()
    return Artifact(path=path, size=blob.size, sha256=blob.sha256)
