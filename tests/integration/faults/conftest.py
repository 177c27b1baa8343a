"""A real node for each test, and the null sandbox for those that ask for it."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contrib.bench.rig import null_sandbox
from contrib.bench.rig.node import Node

Start = Callable[..., Node]


@pytest.fixture(scope="session")
def null_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """contrib/chorus-plugin-null, installed into a directory of its own."""
    return null_sandbox.install(tmp_path_factory.mktemp("null-site"))


@pytest.fixture
def node(tmp_path: Path, null_site: Path) -> Iterator[Node]:
    """A node that is not started yet; gone after the test."""
    made = Node(tmp_path / "state", {"CHORUS_NULL_SANDBOX": "yes", "CHORUS_SANDBOX": "auto"}, null_site)
    yield made
    made.end()


@pytest.fixture(scope="session")
def as_root() -> None:
    """Mounting needs root. In strict mode a machine where it is missing fails."""
    if os.getuid() or shutil.which("mount") is None:
        if os.environ.get("CHORUS_TEST_STRICT") == "1":
            pytest.fail("mounting a small file system needs root, which strict mode demands")
        pytest.skip("mounting a small file system needs root")
