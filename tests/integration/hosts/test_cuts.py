"""Three machines on one switch, as network namespaces: wires are cut in every way, and healed.

Cuts are silence: nothing is refused, no connection ends, and nobody is told. That is what real networks do,
and what loopback cannot.
"""

from collections.abc import Iterator
from itertools import combinations

import pytest

from contrib.bench.rig.hosts.network import Network, switched
from tests.integration.hosts.conftest import made_or_skipped
from tests.integration.hosts.trial import Trial

pytestmark = pytest.mark.slow

LOSS = 0.1


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    with made_or_skipped(switched(tmp_path_factory.mktemp("hosts"), 3)) as network:
        network.start()
        yield network


@pytest.fixture
def trial(hosts: Network) -> Iterator[Trial]:
    """A mesh that is whole, whatever the test before did to it."""
    made = Trial(hosts.hosts)
    made.settle()
    yield made
    hosts.heal()


def test_each_pair_that_is_cut_has_all_entries_through_the_third(hosts: Network, trial: Trial) -> None:
    for one, other in combinations(hosts.hosts, 2):
        hosts.cut(one, other)
        trial.submit()
        trial.equal()
        hosts.heal()
        trial.settle()


def test_a_pair_that_was_cut_until_it_gave_up_its_link_is_linked_again(hosts: Network, trial: Trial) -> None:
    one, other, _ = hosts.hosts
    hosts.cut(one, other)
    trial.submit()
    trial.notice(lambda: [trial.links(number) for number in (0, 1, 2)] == [1, 1, 2])
    assert [trial.states(number) for number in (0, 1, 2)] == [["alive", "alive"]] * 3
    trial.submit()
    trial.equal()
    hosts.heal()
    trial.settle()


def test_all_who_were_alone_are_whole_again_with_what_each_took(hosts: Network, trial: Trial) -> None:
    hosts.scatter()
    trial.submit()
    trial.notice(lambda: all("alive" not in trial.states(number) for number in (0, 1, 2)))
    trial.submit()
    hosts.heal()
    trial.settle()


def test_a_host_whose_cable_was_pulled_is_back_with_what_it_took(hosts: Network, trial: Trial) -> None:
    hosts.hosts[0].link("down")
    trial.submit()
    trial.notice(lambda: trial.states(0) == ["dead", "dead"])
    trial.submit()
    hosts.heal()
    trial.settle()


def test_a_host_that_hears_one_other_no_more_has_all_entries_through_the_third(
    hosts: Network, trial: Trial
) -> None:
    one, other, _ = hosts.hosts
    hosts.deafen(one, other)
    trial.submit()
    trial.equal()
    hosts.heal()
    trial.settle()


def test_a_host_that_is_heard_and_hears_nobody_is_back_with_what_it_took(
    hosts: Network, trial: Trial
) -> None:
    deaf, one, other = hosts.hosts
    hosts.deafen(deaf, one)
    hosts.deafen(deaf, other)
    trial.submit()
    trial.notice(lambda: "alive" not in trial.states(0))
    trial.submit()
    hosts.heal()
    trial.settle()


def test_what_loses_a_tenth_of_all_packets_is_a_mesh_and_takes_one_that_was_killed_back(
    hosts: Network, trial: Trial
) -> None:
    hosts.lose(LOSS)
    for host in hosts.hosts:
        host.kill()
        host.start()
        trial.submit()
    trial.settle()
