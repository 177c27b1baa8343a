import pytest

from chorus.testing.sandbox import SandboxConformance
from chorus_bwrap.sandbox import BwrapSandbox
from chorus_hooks.sandbox import Sandbox

pytestmark = pytest.mark.bwrap


SANDBOX = BwrapSandbox()
"""Kept, so that it is probed once."""


class TestBwrap(SandboxConformance):
    @pytest.fixture
    def sandbox(self) -> Sandbox:
        return SANDBOX

    @pytest.fixture
    def image(self) -> str | None:
        return None
