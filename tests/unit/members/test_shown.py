"""What people and programs see of the peers: JSON, table, check, metrics."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, TypeVar

import msgspec
import pytest

from chorus_hooks.members import JournalShare, Member, Members, Peer
from chorus_hooks.peer_json import peer_from_json, peer_json
from chorus_hooks.replica import Replica, Replicas
from chorus_hooks.route import Request
from chorus_members.check import judge
from chorus_members.cli.listing import age, listing
from chorus_members.counts import Counts
from chorus_members.metric import metrics
from chorus_members.routes import PeerList, routes, share_of

T = TypeVar("T")

ADA = Member(
    peer_id="12D3KooWAda",
    boot="0" * 32,
    agent_id="ada",
    kind="agent",
    version="0.4.0",
    capabilities=("gpu",),
    state="alive",
    since=1_800_000_000.25,
    addresses=("/ip4/10.0.0.7/tcp/9000/p2p/12D3KooWAda",),
    rtt_ms=0.61,
)
BOB = replace(
    ADA, peer_id="12D3KooWBob", agent_id="bob", state="dead", rtt_ms=None, addresses=(), capabilities=()
)
HERE = Peer(ADA, JournalShare(12, 10))
GONE = Peer(BOB, None)


class Given:
    def __init__(self, **given: object) -> None:
        self._given = {
            Members: given.get("members"),
            Replicas: given.get("replicas"),
            Counts: given.get("counts"),
        }

    def get(self, kind: type[T]) -> T:
        found: Any = self._given[kind]
        if found is None:
            raise KeyError(kind)
        return found  # type: ignore[no-any-return]


def listed(*members: Member) -> SimpleNamespace:
    return SimpleNamespace(all=lambda: members)


@pytest.mark.parametrize("peer", [HERE, GONE])
def test_a_peer_is_read_from_its_json(peer: Peer) -> None:
    wire = msgspec.json.decode(msgspec.json.encode({**peer_json(peer), "later": 1}))
    assert peer_from_json(wire) == peer


def test_the_json_has_the_names_that_scripts_rely_on() -> None:
    document = peer_json(HERE)
    assert {"peer_id", "agent_id", "kind", "state", "addresses", "rtt_ms", "journal"} <= document.keys()
    assert document["journal"] == {"size": 12, "replicated": 10}
    assert document["since"] == "2027-01-15T08:00:00.250Z"
    assert peer_json(GONE)["journal"] is None


def test_what_is_no_peer_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        peer_from_json({**peer_json(HERE), "state": "asleep"})


async def test_the_route_tells_all_with_and_without_copies_of_journals() -> None:
    (route,) = routes()
    request = Request(path={}, query=None, body=None, headers={})
    replicas = SimpleNamespace(
        all=lambda: (Replica("a/1", ADA.peer_id, 7, 5), Replica("a/2", ADA.peer_id, 5, 5))
    )
    with_them = await route.handler(Given(members=listed(ADA, BOB), replicas=replicas), request)
    without = await route.handler(Given(members=listed(ADA, BOB)), request)
    assert [peer["journal"] for peer in with_them.body["peers"]] == [{"size": 12, "replicated": 10}, None]  # type: ignore[index]
    assert [peer["journal"] for peer in without.body["peers"]] == [None, None]  # type: ignore[index]
    msgspec.convert(with_them.body, PeerList)


def test_a_share_counts_every_disk_that_a_peer_had() -> None:
    assert share_of("x", [Replica("a", "y", 3, 3)]) is None
    assert share_of("x", [Replica("a", "x", 3, 1), Replica("b", "x", 4, 4)]) == JournalShare(7, 5)


def test_the_table_has_a_line_for_each_and_nothing_that_a_terminal_obeys() -> None:
    bad = Peer(replace(ADA, agent_id="\x1b[2Jada\n" + "x" * 200, capabilities=("a\tb",)), None)
    heading, here, gone, odd = listing([HERE, GONE, bad], ADA.since + 125).split("\n")
    assert heading.split() == [
        "PEER",
        "NAME",
        "KIND",
        "STATE",
        "KNOWN",
        "RTT",
        "VERSION",
        "JOURNAL",
        "ADDRESS",
        "CAPABILITIES",
    ]
    assert here.split() == [
        "3KooWAda",
        "ada",
        "agent",
        "alive",
        "2m",
        "0.6",
        "ms",
        "0.4.0",
        "10/12",
        "/ip4/10.0.0.7/tcp/9000",
        "gpu",
    ]
    assert gone.split()[-4:] == ["0.4.0", "-", "-", "-"]
    assert odd.isprintable()
    assert "…" in odd
    assert listing([], 0) == ""


@pytest.mark.parametrize(
    ("seconds", "told"), [(-3, "0s"), (59.9, "59s"), (60, "1m"), (7200, "2h"), (90_000, "1d")]
)
def test_how_long_is_said_in_one_unit(seconds: float, told: str) -> None:
    assert age(seconds) == told


@pytest.mark.parametrize(
    ("states", "status", "told"),
    [
        ([], "ok", "no other peer"),
        (["alive"], "ok", "1 peer answers"),
        (["alive", "alive", "dead", "suspect"], "ok", "2 peers answer, 1 suspected, 1 dead"),
        (["left"], "ok", "no other peer"),
        (["dead", "dead"], "warning", "none of the peers answers"),
    ],
)
def test_the_check_warns_when_all_are_lost(states: list[Any], status: str, told: str) -> None:
    finding = judge([replace(ADA, state=state) for state in states])
    assert (finding.status, told in finding.text) == (status, True)
    assert bool(finding.cure) == (status == "warning")


async def test_the_metrics_count_by_state_and_tell_round_trips() -> None:
    given = Given(members=listed(ADA, replace(ADA, rtt_ms=2.0), BOB), counts=Counts(pings=3, rumours_new=2))
    read = {metric.name: await metric.read(given) for metric in metrics()}
    states = {sample.labels["state"]: sample.value for sample in read["chorus_peers"]}
    assert states == {"alive": 2, "suspect": 0, "dead": 1, "left": 0}
    trips = {sample.labels["which"]: sample.value for sample in read["chorus_peers_rtt_seconds"]}
    assert trips == pytest.approx({"min": 0.00061, "median": 0.001305, "max": 0.002})
    assert [sample.value for sample in read["chorus_members_pings_total"]] == [3]
    assert [sample.value for sample in read["chorus_members_rumours_new_total"]] == [2]
