"""The node at a glance."""

import base64
from typing import Final

import trio

from chorus_hooks.errors import ChorusError
from chorus_hooks.health import HealthReport
from chorus_hooks.node import agent_id
from chorus_hooks.route import Answer
from chorus_http.routes import examples
from chorus_http.routes.health import CHECKS, CheckStates, check_states
from chorus_http.routes.shapes import JournalStatus, NodeStatus, SandboxStatus, Status
from chorus_http.routes.tasks import IF_NONE_MATCH, NOT_MODIFIED
from chorus_http.server.answer import Whole, json_answer, tag_of, tagged
from chorus_http.server.call import NO_QUERY, Call
from chorus_http.server.node_side import NodeSide
from chorus_http.server.operation import Operation

SANDBOX_S: Final = 5.0
"""To look whether an engine answers; a status that says null is better than none."""


async def status(side: NodeSide, call: Call) -> Whole:
    """All of it."""
    call.query(NO_QUERY)
    now = await side.hop(_collect, side)
    # Its own age changes each moment; the tag is of all the rest.
    stable = json_answer({**_plain(now), "node": {**_plain(now.node), "uptime_s": 0}})
    tag = f"W/{tag_of(stable.body)}"
    return tagged(json_answer(now), call.header(b"if-none-match"), tag)


async def checks(side: NodeSide, call: Call) -> Whole:
    """What the health port tells too, to whoever knows only this one."""
    call.query(NO_QUERY)
    return json_answer(check_states(side.health.report()))


async def _collect(side: NodeSide) -> Status:
    """In trio."""
    checkpoint = await side.journal.checkpoint()
    counts = await side.coordinator.counts()
    return Status(
        node=_node(side, side.health.report()),
        admin=None,
        peers=_peers(side),
        tasks=dict(counts),
        approvals=await side.gate.waiting(),
        journal=JournalStatus(size=checkpoint.size, root=base64.b64encode(checkpoint.root).decode("ascii")),
        sandbox=await _sandbox(side),
        redactions=None,
    )


def _node(side: NodeSide, report: HealthReport) -> NodeStatus:
    peer_id = side.identity.peer_id
    return NodeStatus(
        peer_id=peer_id,
        agent_id=agent_id(side.config, peer_id),
        version=side.node.version,
        uptime_s=round(report.uptime_s, 1),
        ready=report.ready,
        reason=report.reason,
        degraded=report.degraded,
    )


def _peers(side: NodeSide) -> int:
    """Those who count as there."""
    members = side.members.all() if side.members is not None else ()
    return sum(member.state in ("alive", "suspect") for member in members)


async def _sandbox(side: NodeSide) -> SandboxStatus | None:
    with trio.move_on_after(SANDBOX_S):
        try:
            choice = await side.executor.sandbox()
        except ChorusError:
            return None
        return SandboxStatus(name=choice.name, weak=choice.weak, why=choice.why)
    return None


def _plain(struct: Status | NodeStatus) -> dict[str, object]:
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


OPERATIONS: Final = (
    Operation(
        "GET",
        "/api/v1/status",
        "Show the node at a glance",
        status,
        (Answer(200, "How it is; what it has no part for is null", Status, examples.STATUS), NOT_MODIFIED),
        "node",
        "The entity tag changes with everything but the uptime.",
        parameters=(IF_NONE_MATCH,),
        headers={"ETag": "Changes with everything but the uptime"},
    ),
    Operation(
        "GET",
        "/api/v1/checks",
        "Every check of the node, with what to do",
        checks,
        (Answer(200, "The newest findings", CheckStates, CHECKS),),
        "node",
    ),
)
