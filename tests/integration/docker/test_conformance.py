"""The Docker sandbox keeps every promise of the contract, with a busybox and with a glibc userland."""

import pytest

from chorus.testing.sandbox import SandboxConformance
from chorus_docker.sandbox import DockerSandbox

pytestmark = pytest.mark.docker


class _Docker(SandboxConformance):
    @pytest.fixture
    def sandbox(self) -> DockerSandbox:
        return DockerSandbox(owner="conformance")


class TestBusybox(_Docker):
    @pytest.fixture
    def image(self) -> str:
        return "chorus-test/busybox:1"


class TestPython(_Docker):
    @pytest.fixture
    def image(self) -> str:
        return "chorus-test/python:1"
