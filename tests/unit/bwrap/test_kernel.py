"""From which kernel on the number of processes can be held."""

import pytest

from chorus_bwrap.kernel import counts_processes


@pytest.mark.parametrize(
    ("release", "counts"),
    [
        ("5.10.0-28-amd64", False),
        ("5.14.9", False),
        ("5.15.0-91-generic", True),
        ("6.1.0", True),
        ("odd", False),
    ],
)
def test_processes_are_counted_per_sandbox_from_5_15_on(release: str, counts: bool) -> None:
    assert counts_processes(release) is counts
