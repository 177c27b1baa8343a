"""Machines that move to another address, and those that nobody can dial."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contrib.bench.rig.hosts.network import Network, switched
from contrib.bench.rig.mesh import alive, peers
from contrib.bench.rig.node import Node
from tests.integration.hosts.conftest import made_or_skipped
from tests.integration.hosts.trial import Trial

pytestmark = pytest.mark.slow


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Network]:
    with made_or_skipped(switched(tmp_path, 3)) as network:
        yield network


def test_two_of_three_that_were_killed_and_came_back_elsewhere_are_found(hosts: Network) -> None:
    hosts.start()
    trial = Trial(hosts.hosts)
    trial.settle()
    for number, host in enumerate(hosts.hosts[:2]):
        host.kill()
        trial.ledger.submit(hosts.hosts[2:])
        host.move(f"10.77.0.10{number}")
        host.start()
        trial.submit()
    trial.settle()


def test_two_of_three_that_move_while_they_run_are_found_and_told_elsewhere(hosts: Network) -> None:
    hosts.start()
    trial = Trial(hosts.hosts)
    trial.settle()
    for number, host in enumerate(hosts.hosts[:2], 1):
        trial.submit()
        host.move(f"10.77.0.20{number}")
        trial.submit()
        trial.settle()
    trial.notice(lambda: where(hosts.hosts[2]) == {"host-1": "10.77.0.201", "host-2": "10.77.0.202"})


def where(node: Node) -> dict[str, str]:
    """The IP addresses of its peers, as they tell them."""
    return {peer["agent_id"]: peer["addresses"][0].split("/")[2] for peer in peers(node)}


def test_two_that_can_only_dial_out_know_each_other_and_have_all_entries_through_a_third(
    hosts: Network,
) -> None:
    inside = hosts.hosts[:2]
    for host in inside:
        hosts.shield(host)
    hosts.start()
    trial = Trial(hosts.hosts)
    trial.settle(alive)
    trial.submit()
    trial.settle(alive)
    trial.notice(lambda: [trial.links(number) for number in (0, 1, 2)] == [1, 1, 2])

    hosts.hosts[2].kill()
    trial.ledger.submit(inside)
    hosts.hosts[2].start()
    trial.settle(alive)
