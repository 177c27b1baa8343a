"""pytest plugin: says how many tests ran on each sandbox backend, and lets none be skipped in strict mode.

With `CHORUS_TEST_STRICT=1` a skipped test marked `docker` or `bwrap` is a failure, and so is a whole run
in which a backend ran no test: a green CI then proves that both backends were tested.
"""

import os
from collections import Counter
from collections.abc import Generator

import pytest

BACKENDS = ("docker", "bwrap")
BACKEND = "chorus backend"
"""The property of a report that names the backend of its test."""


class BackendCount:
    def __init__(self, strict: bool) -> None:
        self.strict = strict
        self.outcomes: Counter[tuple[str, str]] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        marked = [backend for backend in BACKENDS if item.get_closest_marker(backend)]
        if self.strict and marked and report.skipped and not hasattr(report, "wasxfail"):
            report.outcome = "failed"
            report.longrepr = f"{item.nodeid} was skipped, which strict mode forbids: {_reason(report)}"
        report.user_properties += [(BACKEND, backend) for backend in marked]
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Where the tests run in several processes, their reports come together in one that runs none."""
        if report.when == "call" or not report.passed:
            outcome = "xfailed" if report.skipped and hasattr(report, "wasxfail") else report.outcome
            for name, backend in report.user_properties:
                if name == BACKEND:
                    self.outcomes[str(backend), outcome] += 1

    def missing(self) -> list[str]:
        return [backend for backend in BACKENDS if not self.outcomes[backend, "passed"]]

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workerinput"):
            return  # a worker of pytest-xdist has seen some of the tests only
        if self.strict and self.missing() and not session.config.option.collectonly:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.strict and not self.outcomes:
            return
        for backend in BACKENDS:
            counts = [
                f"{self.outcomes[backend, outcome]} {outcome}"
                for outcome in ("passed", "failed", "xfailed", "skipped")
                if self.outcomes[backend, outcome]
            ]
            terminalreporter.write_line(f"backend {backend}: {', '.join(counts) or 'no test ran'}")
        if self.strict and self.missing():
            terminalreporter.write_line(
                f"strict mode: no test passed on {', '.join(self.missing())}", red=True
            )


def _reason(report: pytest.TestReport) -> str:
    return str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else str(report.longrepr)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(BackendCount(os.environ.get("CHORUS_TEST_STRICT") == "1"))
