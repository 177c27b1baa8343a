"""Three real nodes on loopback that are killed and started again in every way, and what comes between."""

import secrets
import shutil
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from contrib.bench.rig.journals import held
from contrib.bench.rig.mesh import Mesh, mesh, peers
from contrib.bench.rig.node import START_S, Node, until
from contrib.bench.rig.ports import free_ports
from tests.integration.hosts.trial import Trial

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    with mesh(tmp_path_factory.mktemp("mesh"), 3) as nodes:
        at_once(nodes.nodes)
        yield nodes


@pytest.fixture
def trial(three: Mesh) -> Trial:
    """A mesh that is whole, and has taken something."""
    made = Trial(three.nodes)
    made.settle()
    made.submit()
    return made


def at_once(nodes: list[Node]) -> None:
    for node in nodes:
        node.begin()
    for node in nodes:
        until(node.announced, START_S, node.told)


def test_killed_and_started_in_every_order_they_are_whole_again(trial: Trial) -> None:
    for order in permutations(trial.nodes):
        for node in order:
            node.kill()
            trial.ledger.submit(other for other in trial.nodes if other is not node)
            node.start()
        trial.settle()


def test_all_that_were_killed_are_whole_again_whoever_starts_first_and_last(trial: Trial) -> None:
    one, two, three = trial.nodes
    for order in ((one, two, three), (two, three, one), (three, one, two)):
        for node in order:
            node.kill()
        for node in order:
            node.start()
            trial.ledger.submit([node])
        trial.settle()


def test_all_that_start_at_once_and_dial_each_other_are_whole(trial: Trial) -> None:
    for node in trial.nodes:
        node.kill()
    at_once(list(trial.nodes))
    trial.submit()
    trial.settle()


def test_one_that_comes_back_on_another_port_is_found_by_those_who_stayed(trial: Trial) -> None:
    moved, *stayed = trial.nodes
    moved.kill()
    trial.ledger.submit(stayed)
    moved.environment = {**moved.environment, "CHORUS_P2P_PORT": str(free_ports(1)[0])}
    moved.start()
    trial.submit()
    trial.settle()
    (moved_to,) = moved.where["p2p"]
    assert [address(node, moved) for node in stayed] == [[moved_to]] * 2


def address(node: Node, of: Node) -> list[str]:
    """Where a node says that another one is."""
    return next(peer["addresses"] for peer in peers(node) if peer["peer_id"] == of.where["peer_id"])


def test_one_with_another_secret_dials_and_is_dialled_and_learns_and_changes_nothing(
    trial: Trial, tmp_path: Path
) -> None:
    ours = trial.nodes[-1]
    there, here = free_ports(1)[0], ours.environment["CHORUS_P2P_PORT"]
    strange = {
        **ours.environment,
        "CHORUS_CLUSTER_SECRET": secrets.token_hex(32),
        "CHORUS_P2P_PORT": str(there),
        "CHORUS_BOOTSTRAP_PEERS": f"127.0.0.1:{here}",
    }
    stranger = Node(tmp_path / "stranger", strange)
    ours.kill()
    ours.environment = {**ours.environment, "CHORUS_BOOTSTRAP_PEERS": f"127.0.0.1:{there}"}
    try:
        stranger.start()
        ours.start()
        trial.notice(lambda: refused(stranger) > 0 and refused(ours) > 0)
        trial.submit()
        trial.settle()
        assert peers(stranger) == []
        assert len(held(stranger)) == 1
        assert len(held(ours)) == 3
    finally:
        stranger.end()


def refused(node: Node) -> float:
    """Connections that came to nothing, since who made them does not know the secret."""
    name = 'chorus_mesh_refused_total{what="handshakes"}'
    with node.health() as health:
        lines = health.get("/metrics").raw.decode().splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(name)), 0.0)


def test_nodes_that_know_only_one_other_wait_for_it_and_do_without_it_later(tmp_path: Path) -> None:
    with mesh(tmp_path, 3) as nodes:
        bootstrap, *others = nodes.nodes
        (first, *_) = bootstrap.environment["CHORUS_BOOTSTRAP_PEERS"].split(",")
        for node in others:
            node.environment = {**node.environment, "CHORUS_BOOTSTRAP_PEERS": first}
        bootstrap.environment = {**bootstrap.environment, "CHORUS_BOOTSTRAP_PEERS": ""}
        trial = Trial(nodes.nodes)
        at_once(others)
        trial.ledger.submit(others)
        assert [peers(node) for node in others] == [[], []]
        bootstrap.start()
        trial.settle()

        bootstrap.kill()
        trial.ledger.submit(others)
        Trial(others, trial.ledger).equal()
        others[0].kill()
        others[0].start()
        trial.ledger.submit(others)
        bootstrap.start()
        trial.submit()
        trial.settle()


def test_a_first_node_that_has_lost_its_disk_is_found_where_it_was(tmp_path: Path) -> None:
    """It knows nobody: the others have to come."""
    with mesh(tmp_path, 3) as nodes:
        first, *others = nodes.nodes
        where = first.environment["CHORUS_BOOTSTRAP_PEERS"].split(",")[0]
        first.environment = {**first.environment, "CHORUS_BOOTSTRAP_PEERS": ""}
        for node in others:
            node.environment = {**node.environment, "CHORUS_BOOTSTRAP_PEERS": where}
        trial = Trial(nodes.nodes)
        at_once(nodes.nodes)
        trial.submit()
        trial.settle()
        before = first.where["peer_id"]

        first.kill()
        shutil.rmtree(first.state_dir)
        first.start()
        trial.submit()
        trial.notice(
            lambda: {peer["peer_id"] for peer in peers(first)} >= {n.where["peer_id"] for n in others}
        )
        assert first.where["peer_id"] != before
        trial.equal()
