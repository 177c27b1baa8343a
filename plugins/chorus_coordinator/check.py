"""The check `tasks`: whether anybody takes what waits."""

from dataclasses import dataclass
from typing import Final

import trio

from chorus_coordinator import schema
from chorus_coordinator.clock import age_s
from chorus_coordinator.metric import oldest, used
from chorus_coordinator.plugin import MAX_TASKS
from chorus_hooks.health import Check, Finding
from chorus_hooks.journal import Journal, Reader
from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Config

PATIENCE_S: Final = 10.0
"""A node looks each second; one that has not taken a task for so long, with a slot free, does not take it."""

SECOND_LOOK_S: Final = 2.0
"""A slot may be free for a moment, between two tasks."""


@dataclass(frozen=True)
class Sight:
    """What one look at the queue shows."""

    oldest: str | None
    used: int


def tasks_check(config: Config) -> Check:
    """Looks twice before it says that tasks wait in vain."""

    async def probe(capabilities: Capabilities) -> Finding:
        journal = capabilities.get(Journal)
        await journal.migrate(schema.OWNER, schema.STEPS)
        finding = judge(await journal.read(look), config[MAX_TASKS])
        if finding.status != "ok":
            await trio.sleep(SECOND_LOOK_S)
            finding = judge(await journal.read(look), config[MAX_TASKS])
        return finding

    return Check("tasks", probe, requires=(Journal,), every=30.0, timeout=10.0)


def look(reader: Reader) -> Sight:
    """At the queue of the node."""
    return Sight(oldest(reader), used(reader))


def judge(sight: Sight, slots: int) -> Finding:
    """Whether what waits is taken."""
    if sight.oldest is None:
        return Finding("ok", f"no task waits, {sight.used} of {slots} slots are in use")
    waits_s = age_s(sight.oldest)
    if sight.used >= slots or waits_s < PATIENCE_S:
        return Finding("ok", f"{sight.used} of {slots} slots are in use, and the others wait")
    return Finding(
        "warning",
        f"tasks wait for {waits_s:.0f} s, and {slots - sight.used} of {slots} slots are free",
        "without a node, start one with `chorus agent`; with one, see whether it has a sandbox, and its log",
    )
