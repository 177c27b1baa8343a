"""The Docker sandbox keeps every promise of the contract, with a busybox and with a glibc userland."""

import pytest

from chorus.testing.sandbox import SandboxConformance
from chorus_docker.sandbox import DockerSandbox
from tests.integration.docker.conftest import BUSYBOX, HOST, PYTHON

pytestmark = pytest.mark.docker


class _Docker(SandboxConformance):
    @pytest.fixture
    def sandbox(self) -> DockerSandbox:
        return DockerSandbox(HOST, owner="conformance")


class TestBusybox(_Docker):
    @pytest.fixture
    def image(self) -> str:
        return BUSYBOX


class TestPython(_Docker):
    @pytest.fixture
    def image(self) -> str:
        return PYTHON
