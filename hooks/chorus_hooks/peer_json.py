"""The JSON of a peer, as commands print it and the HTTP API tells it. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from chorus_hooks.members import JournalShare, Kind, Member, Peer, State


class _Form(msgspec.Struct):
    peer_id: str
    boot: str
    agent_id: str
    kind: Kind
    version: str
    capabilities: tuple[str, ...]
    state: State
    since: datetime
    addresses: tuple[str, ...]
    rtt_ms: float | None
    journal: JournalShare | None


def member_json(member: Member) -> dict[str, Any]:
    """One flat object; `since` in RFC 3339, UTC, to the millisecond."""
    since = datetime.fromtimestamp(member.since, UTC).isoformat(timespec="milliseconds")
    return {
        "peer_id": member.peer_id,
        "boot": member.boot,
        "agent_id": member.agent_id,
        "kind": member.kind,
        "version": member.version,
        "capabilities": list(member.capabilities),
        "state": member.state,
        "since": since.replace("+00:00", "Z"),
        "addresses": list(member.addresses),
        "rtt_ms": member.rtt_ms,
    }


def peer_json(peer: Peer) -> dict[str, Any]:
    """The same with `journal`: {size, replicated} or null."""
    return {
        **member_json(peer.member),
        "journal": None if peer.journal is None else msgspec.to_builtins(peer.journal),
    }


def peer_from_json(fields: Mapping[str, Any]) -> Peer:
    """The peer that `peer_json` wrote; fields that this version does not know are left out.

    Raises msgspec.ValidationError when it is none.
    """
    form = msgspec.convert(fields, _Form)
    member = Member(
        form.peer_id,
        form.boot,
        form.agent_id,
        form.kind,
        form.version,
        form.capabilities,
        form.state,
        form.since.timestamp(),
        form.addresses,
        form.rtt_ms,
    )
    return Peer(member, form.journal)
