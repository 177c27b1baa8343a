"""A node's status in a few lines, whatever it leaves out."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_http.client.overview import duration, overview

STATUS: dict[str, Any] = {
    "node": {
        "peer_id": "12D3KooWpeer",
        "agent_id": "chorus-1",
        "version": "0.2.0",
        "uptime_s": 3725.0,
        "ready": True,
        "degraded": [],
    },
    "admin": None,
    "peers": 0,
    "tasks": {"submitted": 0, "waiting": 3, "running": 2, "succeeded": 40},
    "journal": {"size": 1234, "root": "ab" * 32},
    "sandbox": {"name": "bwrap", "weak": True},
    "redactions": 0,
}


def test_a_healthy_node_at_a_glance() -> None:
    assert overview(STATUS).splitlines() == [
        "node      chorus-1  12D3KooWpeer",
        "version   0.2.0, up for 1 h 02 min",
        "ready     yes",
        "tasks     3 waiting, 2 running, 40 succeeded",
        "journal   1,234 entries, root abababababababab…",
        "sandbox   bwrap, weak: it does not hold every limit",
    ]


def test_what_is_wrong_is_told() -> None:
    node = {
        **STATUS["node"],
        "ready": False,
        "reason": "the journal's disk is full",
        "degraded": ["docker: gone"],
    }
    shown = overview({**STATUS, "node": node, "sandbox": None, "redactions": 2})
    assert "ready     no: the journal's disk is full\n" in shown
    assert "degraded  docker: gone\n" in shown
    assert "sandbox   none" in shown
    assert shown.endswith("redacted  2 secrets")


@given(st.dictionaries(st.sampled_from(sorted(STATUS)), st.none()))
def test_what_is_missing_is_no_crash(holes: dict[str, None]) -> None:
    assert overview({**STATUS, **holes})
    assert overview({})


def test_a_name_with_escape_sequences_stays_text() -> None:
    shown = overview({**STATUS, "node": {**STATUS["node"], "agent_id": "\x1b[2Jme"}})
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 s"), (59.9, "59 s"), (61, "1 min 01 s"), (3600, "1 h 00 min"), (90061, "1 d 1 h")],
)
def test_durations_in_their_two_largest_units(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
