"""A log line carries what the code around it bound."""

import json
import logging

import trio
import trio.lowlevel

from chorus.log import JsonFormatter
from chorus_hooks.log_context import bind, bound


def line() -> dict[str, str]:
    record = logging.makeLogRecord({"name": "x", "levelname": "INFO", "msg": "hello", "extra_field": "e"})
    told: dict[str, str] = json.loads(JsonFormatter().format(record))
    return told


def test_bound_fields_are_in_the_line_and_gone_afterwards() -> None:
    with bind(task="t1"), bind(trace_id="a"):
        assert {"task": "t1", "trace_id": "a", "extra_field": "e"}.items() <= line().items()
    assert "task" not in line()


async def test_tasks_that_are_started_inside_inherit_the_fields() -> None:
    seen: list[object] = []

    async def child() -> None:
        await trio.lowlevel.checkpoint()
        seen.append(dict(bound()))

    async with trio.open_nursery() as nursery:
        with bind(task="t1"):
            nursery.start_soon(child)
    assert seen == [{"task": "t1"}]
