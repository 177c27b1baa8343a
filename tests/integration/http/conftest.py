"""A real node that serves all the tests of a module."""

from collections.abc import Iterator

import pytest

from contrib.bench.rig import null_sandbox
from contrib.bench.rig.node import Node
from tests.asking import site as asking


@pytest.fixture(scope="module")
def node(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node with the null sandbox: its tasks run nothing. A module may have an ENVIRONMENT for it.

    In a module with ASKING, a task whose title begins with `ask` asks a person first: see `tests/asking`.
    """
    site = null_sandbox.install(tmp_path_factory.mktemp("null-site"))
    if getattr(request.module, "ASKING", False):
        asking.install(site)
    environment = {"CHORUS_NULL_SANDBOX": "yes", **getattr(request.module, "ENVIRONMENT", {})}
    made = Node(tmp_path_factory.mktemp("node") / "state", environment, site)
    made.start()
    yield made
    made.end()
