"""Shared by all tests: trio runs async tests, and no test may depend on the caller's environment."""

import os
from collections.abc import Iterator

import pytest

from tests.no_mesh import NO_MESH

pytest_plugins = ["tests.backends"]

_OURS = ("CHORUS_", "DOCKER_", "XDG_STATE_HOME", "NO_COLOR")
_KEPT = {"DOCKER_HOST"}


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run under trio, as the program does."""
    return "trio"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Settings of the person who runs the tests do not reach them, and nothing is ever pulled."""
    for name in list(os.environ):
        if name.startswith(_OURS) and name not in _KEPT:
            monkeypatch.delenv(name)
    monkeypatch.setenv("CHORUS_IMAGE_PULL", "never")
    monkeypatch.setenv("CHORUS_PLUGINS_DISABLED", NO_MESH)
    yield
