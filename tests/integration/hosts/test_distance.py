"""Three machines that are far from one another: 100 ms for a question and its answer.

The packets go through a router in user space: the `netem` of tc(8) is not in every kernel, and this is the
same on all that have TUN.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contrib.bench.rig.hosts.network import Network
from contrib.bench.rig.hosts.router import far_apart
from contrib.bench.rig.mesh import peers
from tests.integration.hosts.conftest import made_or_skipped
from tests.integration.hosts.trial import Trial

pytestmark = pytest.mark.slow

DELAY_S = 0.05


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Network]:
    with made_or_skipped(far_apart(tmp_path, 3, DELAY_S)) as network:
        yield network


def test_they_are_a_mesh_and_whole_again_after_a_cut_and_after_all_were_killed(hosts: Network) -> None:
    hosts.start()
    trial = Trial(hosts.hosts)
    trial.settle()
    assert all(peer["rtt_ms"] >= 2000 * DELAY_S for host in hosts.hosts for peer in peers(host))

    hosts.scatter()
    trial.submit()
    trial.notice(lambda: all("alive" not in trial.states(number) for number in (0, 1, 2)))
    hosts.heal()
    trial.settle()

    trial.submit()
    for host in hosts.hosts:
        host.kill()
    hosts.start()
    trial.settle()
