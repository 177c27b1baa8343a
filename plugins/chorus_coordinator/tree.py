"""The tree of a task and its parts, and the parts of those: how deep, how large, and what of it is open."""

from typing import Final

from chorus_hooks.journal import Reader

_ABOVE: Final = (
    "WITH RECURSIVE above (id, depth) AS (SELECT ?, 0 UNION ALL SELECT t.part_of, depth + 1"
    " FROM above JOIN coordinator_task t ON t.id = above.id WHERE t.part_of IS NOT NULL)"
    " SELECT id, depth FROM above ORDER BY depth DESC LIMIT 1"
)
_BELOW: Final = (
    "WITH RECURSIVE below (id) AS (SELECT ? UNION ALL SELECT t.id"
    " FROM below JOIN coordinator_task t ON t.part_of = below.id) SELECT count(*) FROM below"
)
_OPEN: Final = (
    "SELECT id FROM coordinator_task WHERE part_of = ? AND state NOT IN ('succeeded', 'failed', 'cancelled')"
    " ORDER BY n"
)


def depth(reader: Reader, task: str) -> int:
    """How many tasks are above this one: 0 for one that is no part."""
    ((_, above),) = reader.query(_ABOVE, (task,))
    return int(above)


def size(reader: Reader, task: str) -> int:
    """How many tasks there have been in the whole tree that this one belongs to."""
    ((root, _),) = reader.query(_ABOVE, (task,))
    ((tasks,),) = reader.query(_BELOW, (root,))
    return int(tasks)


def open_parts(reader: Reader, task: str) -> list[str]:
    """The parts of a task that have not ended."""
    return [part for (part,) in reader.query(_OPEN, (task,))]
