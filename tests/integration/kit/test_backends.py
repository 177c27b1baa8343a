"""Strict mode, on a suite of its own in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SUITE = """
import pytest

@pytest.mark.docker
def test_on_docker(): pass

@pytest.mark.bwrap
{skip}
def test_on_bwrap(): pass
"""
SKIP = "@pytest.mark.skip(reason='no user namespaces')"


@pytest.fixture(params=[(), ("-n", "2")], ids=["one process", "several"])
def ways(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """How the tests run: in the process that is asked, or in workers of pytest-xdist."""
    chosen: tuple[str, ...] = request.param
    return chosen


def run_suite(
    folder: Path, suite: str, ways: tuple[str, ...], *, strict: bool
) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    docker\n    bwrap\n")
    (folder / "test_suite.py").write_text(suite)
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.backends", "-p", "no:cacheprovider", *ways],
        cwd=folder,
        env={**os.environ, "CHORUS_TEST_STRICT": "1" if strict else "0"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.slow
def test_the_summary_counts_each_backend(tmp_path: Path, ways: tuple[str, ...]) -> None:
    done = run_suite(tmp_path, SUITE.format(skip=SKIP), ways, strict=False)
    assert done.returncode == 0
    assert "backend docker: 1 passed" in done.stdout
    assert "backend bwrap: 1 skipped" in done.stdout


@pytest.mark.slow
def test_strict_mode_passes_when_both_backends_were_tested(tmp_path: Path, ways: tuple[str, ...]) -> None:
    done = run_suite(tmp_path, SUITE.format(skip=""), ways, strict=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_strict_mode_makes_a_skipped_backend_test_a_failure(tmp_path: Path, ways: tuple[str, ...]) -> None:
    done = run_suite(tmp_path, SUITE.format(skip=SKIP), ways, strict=True)
    assert done.returncode == 1
    assert "no user namespaces" in done.stdout
    assert "1 passed, 1 error" in done.stdout.splitlines()[-1]


@pytest.mark.slow
def test_strict_mode_fails_when_a_backend_had_no_test_at_all(tmp_path: Path, ways: tuple[str, ...]) -> None:
    suite = "import pytest\n\n@pytest.mark.docker\ndef test_it(): pass\n"
    done = run_suite(tmp_path, suite, ways, strict=True)
    assert done.returncode == 1
    assert "no test passed on bwrap" in done.stdout
