"""The metrics of the queue: how many tasks there are, how long they wait, and who works on them."""

from collections.abc import Iterator, Sequence

from chorus_coordinator import backlog, queries, questions, schema
from chorus_coordinator.budget import limits_of
from chorus_coordinator.clock import age_s
from chorus_coordinator.ledger import Ledger
from chorus_coordinator.plugin import MAX_TASKS
from chorus_hooks.journal import Journal, Reader
from chorus_hooks.metric import Metric, Sample
from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Config


def metrics(config: Config) -> Iterator[Metric]:
    """Every family; each costs one read of an index."""

    async def slots(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample(config[MAX_TASKS])]

    yield Metric("chorus_tasks", "gauge", "Tasks by state", _tasks, (Journal,))
    yield Metric(
        "chorus_task_queue_oldest_seconds",
        "gauge",
        "How long ago the oldest task that waits for a slot was submitted; 0 when none does",
        _oldest,
        (Journal,),
    )
    yield Metric("chorus_task_slots", "gauge", "How many tasks the node may run at once", slots)
    yield Metric("chorus_task_slots_used", "gauge", "How many tasks the node runs now", _used, (Journal,))
    yield Metric(
        "chorus_task_approvals",
        "gauge",
        "How many tasks wait for the answer of a person",
        _asking,
        (Journal,),
    )
    ledger = Ledger(limits_of(config))

    async def tokens(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample((await (await _journal(capabilities)).read(ledger.spent_today)).tokens)]

    async def cost(capabilities: Capabilities) -> Sequence[Sample]:
        return [Sample((await (await _journal(capabilities)).read(ledger.spent_today)).cost)]

    day = "since midnight UTC; budgets count the same"
    yield Metric("chorus_model_tokens_today", "gauge", f"Tokens that models used {day}", tokens, (Journal,))
    yield Metric("chorus_model_cost_today", "gauge", f"What models cost {day}", cost, (Journal,))


def oldest(reader: Reader) -> str | None:
    """When the oldest task that waits for the node was submitted."""
    rows = reader.query(
        f"SELECT submitted_at FROM coordinator_task WHERE {backlog.READY} AND waiter IS NULL"  # noqa: S608
        " ORDER BY n LIMIT 1"
    )
    return rows[0][0] if rows else None


def used(reader: Reader) -> int:
    """How many tasks the node has: what a command runs for itself is not among them."""
    ((count,),) = reader.query(
        "SELECT count(*) FROM coordinator_task WHERE state = 'assigned' AND waiter IS NULL"
    )
    return int(count)


async def _tasks(capabilities: Capabilities) -> Sequence[Sample]:
    counts = await (await _journal(capabilities)).read(queries.counts().run)
    return [Sample(count, {"state": state}) for state, count in counts.items()]


async def _oldest(capabilities: Capabilities) -> Sequence[Sample]:
    at = await (await _journal(capabilities)).read(oldest)
    return [Sample(0.0 if at is None else age_s(at))]


async def _used(capabilities: Capabilities) -> Sequence[Sample]:
    return [Sample(await (await _journal(capabilities)).read(used))]


async def _asking(capabilities: Capabilities) -> Sequence[Sample]:
    return [Sample(await (await _journal(capabilities)).read(questions.count_open))]


async def _journal(capabilities: Capabilities) -> Journal:
    journal = capabilities.get(Journal)
    await journal.migrate(schema.OWNER, schema.STEPS)
    return journal
