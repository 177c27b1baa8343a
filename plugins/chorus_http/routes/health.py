"""The health port: does the node live, should it be given work, what is wrong with it, what does it count."""

import asyncio
import time
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
import trio.lowlevel
from msgspec import Meta

from chorus_hooks.health import CheckReport, Health, HealthReport, Status
from chorus_hooks.island import Island
from chorus_hooks.route import Answer
from chorus_http.server import problem
from chorus_http.server.answer import Whole, json_answer
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.metrics import MEDIA_TYPE, Metrics
from chorus_http.server.operation import Operation

ALIVE_S: Final = 2.0
"""A trip to the node's main loop takes a tenth of a millisecond. One that needs seconds does not live."""
FRESH_S: Final = 1.0
"""However many ask, the main loop is tried once in so long."""
RETRY: Final = {"retry-after": "5"}


@dataclass
class HealthSide:
    """What the routes of the health port work with."""

    island: Island
    health: Health
    metrics: Metrics
    alive_until: float = float("-inf")


class Overall(msgspec.Struct, frozen=True, kw_only=True):
    """How the node is. It may be degraded, and ready all the same."""

    ready: Annotated[bool, Meta(description="Whether it should be given work")]
    reason: Annotated[str, Meta(description="Why it is not ready; empty when it is")]
    degraded: Annotated[tuple[str, ...], Meta(description="What is wrong while it goes on")]
    uptime_s: float


class CheckState(msgspec.Struct, frozen=True, kw_only=True):
    """The newest finding of one check."""

    name: str
    status: Status
    text: str
    cure: Annotated[str, Meta(description="What to do; empty when it is ok")]
    gates: Annotated[bool, Meta(description="While it fails, the node is not ready")]
    took_s: float
    at: Annotated[str, Meta(description="RFC 3339, UTC; empty: not looked at yet")]


class CheckStates(msgspec.Struct, frozen=True, kw_only=True):
    """Every check."""

    checks: tuple[CheckState, ...]


class Alive(msgspec.Struct, frozen=True, kw_only=True):
    """It lives."""

    alive: bool


async def overall(side: HealthSide, call: Call) -> Whole:
    """Everything in short."""
    call.query(NO_QUERY)
    report = side.health.report()
    told = Overall(
        ready=report.ready,
        reason=report.reason,
        degraded=report.degraded,
        uptime_s=round(report.uptime_s, 1),
    )
    return json_answer(told, 200 if report.ready else 503, headers={} if report.ready else RETRY)


async def live(side: HealthSide, call: Call) -> Whole:
    """Whether both loops turn."""
    call.query(NO_QUERY)
    if time.monotonic() >= side.alive_until:
        try:
            async with asyncio.timeout(ALIVE_S):
                await side.island.call_trio(trio.lowlevel.checkpoint)
        except TimeoutError:
            raise problem.unavailable(f"the main loop did not answer within {ALIVE_S:g} s") from None
        side.alive_until = time.monotonic() + FRESH_S
    return json_answer(Alive(alive=True))


async def checks(side: HealthSide, call: Call) -> Whole:
    """Each check with its cure."""
    call.query(NO_QUERY)
    return json_answer(check_states(side.health.report()))


async def metrics(side: HealthSide, call: Call) -> Whole:
    """For Prometheus."""
    call.query(NO_QUERY)
    families = await side.island.call_trio(side.metrics.contributed)
    return Whole(side.metrics.render(families, side.health.report()), 200, MEDIA_TYPE)


def check_states(report: HealthReport) -> CheckStates:
    """As they are told."""
    return CheckStates(checks=tuple(map(_state, report.checks)))


def _state(check: CheckReport) -> CheckState:
    found = check.finding
    return CheckState(
        name=check.name,
        status=found.status,
        text=found.text,
        cure=found.cure,
        gates=check.gates,
        took_s=check.took_s,
        at=check.at,
    )


_READY: Final = Overall(ready=True, reason="", degraded=(), uptime_s=3723.5)
_NOT_READY: Final = Overall(
    ready=False, reason="journal: the disk is full", degraded=("journal: the disk is full",), uptime_s=12.0
)
CHECKS: Final = CheckStates(
    checks=(
        CheckState(
            name="disk",
            status="ok",
            text="41 GB free",
            cure="",
            gates=True,
            took_s=0.001,
            at="2026-11-25T09:21:00Z",
        ),
    )
)
_OVERALL: Final = (
    Answer(200, "Ready", Overall, _READY),
    Answer(503, "Not ready: no work should be given to it", Overall, _NOT_READY),
)
OPERATIONS: Final = (
    Operation("GET", "/health", "How the node is, in short", overall, _OVERALL, "health", open=True),
    Operation(
        "GET",
        "/health/live",
        "Whether the node lives",
        live,
        (Answer(200, "Both of its loops turn", Alive, Alive(alive=True)),),
        "health",
        "A real trip to the main loop, at most once a second. Restart a node only by this.",
        open=True,
    ),
    Operation(
        "GET",
        "/health/ready",
        "Whether the node should be given work",
        overall,
        _OVERALL,
        "health",
        open=True,
    ),
    Operation(
        "GET",
        "/health/checks",
        "Every check, with what to do",
        checks,
        (Answer(200, "The newest findings", CheckStates, CHECKS),),
        "health",
        open=True,
    ),
    Operation(
        "GET",
        "/metrics",
        "Counters and gauges for Prometheus",
        metrics,
        (Answer(200, "Text exposition format", str, 'chorus_build_info{version="0.1.0"} 1.0\n', MEDIA_TYPE),),
        "health",
        open=True,
    ),
)
