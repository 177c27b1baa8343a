"""A node's status as a person reads it. Pure: every field may be missing, as in an older or newer node."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chorus_http.client.problem import plain

_LABEL: Final = 10
_NONE: Final[Mapping[str, Any]] = {}

Line = tuple[str, str]


def overview(status: Mapping[str, Any]) -> str:
    """A few aligned lines."""
    node = status.get("node") or _NONE
    lines = [*_node(node), *_admin(status), *_tasks(status.get("tasks") or _NONE), *_asked(status)]
    lines += _kept(status)
    return "\n".join(f"{label:<{_LABEL}}{plain(text)}" for label, text in lines)


def _node(node: Mapping[str, Any]) -> Iterator[Line]:
    name = node.get("agent_id") or "?"
    yield "node", f"{name}  {node.get('peer_id', '')}"
    up = duration(float(node.get("uptime_s") or 0))
    yield "version", f"{node.get('version', '?')}, up for {up}"
    if node.get("ready"):
        yield "ready", "yes"
    else:
        yield "ready", f"no: {node.get('reason') or 'it does not say why'}"
    for wrong in node.get("degraded") or ():
        yield "degraded", str(wrong)


def _admin(status: Mapping[str, Any]) -> Iterator[Line]:
    admin = status.get("admin")
    if admin:
        yield "admin", f"{admin.get('peer_id')}, term {admin.get('term')}"
    if status.get("peers"):
        yield "peers", str(status["peers"])


def _tasks(tasks: Mapping[str, Any]) -> Iterator[Line]:
    some = [f"{count} {state}" for state, count in tasks.items() if count]
    yield "tasks", ", ".join(some) or "none"


def _asked(status: Mapping[str, Any]) -> Iterator[Line]:
    count = status.get("approvals")
    if count:
        yield "approvals", f"{count} {'waits' if count == 1 else 'wait'} for a person (chorus approve)"


def _kept(status: Mapping[str, Any]) -> Iterator[Line]:
    journal = status.get("journal")
    if journal:
        yield "journal", f"{journal.get('size', 0):,} entries, root {str(journal.get('root', ''))[:16]}…"
    sandbox = status.get("sandbox")
    if sandbox:
        weak = ", weak: it does not hold every limit" if sandbox.get("weak") else ""
        yield "sandbox", f"{sandbox.get('name')}{weak}"
    else:
        yield "sandbox", "none: command tasks cannot run here (chorus doctor says why)"
    if status.get("redactions"):
        yield "redacted", f"{status['redactions']} secrets"


def duration(seconds: float) -> str:
    """How long, in the two largest units: 42 s, 5 min 12 s, 3 h 05 min, 2 d 4 h."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
