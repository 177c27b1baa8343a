"""The one file in three containers on two networks of the engine, which keeps the two apart.

Two of the containers have no way to each other, and know each other through the third alone.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from subprocess import CalledProcessError

import pytest

from contrib.bench.rig.hosts.container import Container, bridge
from contrib.bench.rig.mesh import alive
from contrib.bench.rig.node import START_S, until
from tests.integration.hosts.trial import Trial
from tests.integration.pyz.driver import IMAGE

# Not marked `docker`: without bridges in the kernel the engine has none, and strict mode must allow that.
pytestmark = pytest.mark.slow


@pytest.fixture
def containers(engine: None, file: Path, unpacked: Path, tmp_path: Path) -> Iterator[list[Container]]:
    """On the first bridge, on both, and on the second."""
    with ExitStack() as stack:
        try:
            left, right = stack.enter_context(bridge()), stack.enter_context(bridge())
        except CalledProcessError as error:
            pytest.skip(f"the engine makes no bridges: {error.stderr}")
        secret, made = secrets.token_hex(32), list[Container]()
        for name, networks in (("middle", (left, right)), ("left", (left,)), ("right", (right,))):
            environment = {
                "CHORUS_CLUSTER_SECRET": secret,
                "CHORUS_MDNS_ENABLED": "false",
                "CHORUS_AGENT_ID": name,
                "CHORUS_BOOTSTRAP_PEERS": f"{made[0].name}:9000" if made else "",
            }
            container = Container(
                tmp_path / name, environment, image=IMAGE, pyz=file, cache=unpacked, networks=networks
            )
            stack.callback(container.end)
            made.append(container)
            container.begin()
        for container in made:
            until(container.announced, START_S, container.told)
        yield made


def test_what_has_no_way_to_each_other_is_one_mesh_through_a_third_also_after_that_was_killed(
    containers: list[Container],
) -> None:
    trial = Trial(containers)
    trial.settle(alive)
    trial.submit()
    trial.settle(alive)
    trial.notice(lambda: [trial.links(number) for number in (0, 1, 2)] == [2, 1, 1])

    middle, *ends = containers
    middle.kill()
    trial.ledger.submit(ends)
    middle.start()
    trial.submit()
    trial.settle(alive)
