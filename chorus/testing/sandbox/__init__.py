"""The conformance suite of `chorus_hooks.sandbox`: what every sandbox promises, asked by hostile programs.

Subclass `SandboxConformance` in a test module and give it two fixtures:

    class TestMine(SandboxConformance):
        @pytest.fixture
        def sandbox(self) -> Sandbox: return MySandbox()

        @pytest.fixture
        def image(self) -> str | None: return "busybox"

The programs run in busybox sh, dash and bash; those that need Python say so and run where it is. Tests of a
limit run when it is in `sandbox.enforces`, else they count as expected failures. A sandbox that is not
available here is a skip with its reason, or a failure when CHORUS_TEST_STRICT=1.
"""

from chorus.testing.sandbox.bench import Outcome, Transcript, collect, opened, run, sh, spec, tarball
from chorus.testing.sandbox.collecting import CollectingPromises
from chorus.testing.sandbox.company import CompanyPromises
from chorus.testing.sandbox.ending import EndingPromises
from chorus.testing.sandbox.isolation import IsolationPromises
from chorus.testing.sandbox.limits import LimitPromises
from chorus.testing.sandbox.output import OutputPromises
from chorus.testing.sandbox.running import RunningPromises


class SandboxConformance(
    RunningPromises,
    EndingPromises,
    OutputPromises,
    CollectingPromises,
    IsolationPromises,
    LimitPromises,
    CompanyPromises,
):
    """Every promise. A test is named after what holds; its docstring names the attack."""


__all__ = ["Outcome", "SandboxConformance", "Transcript", "collect", "opened", "run", "sh", "spec", "tarball"]
