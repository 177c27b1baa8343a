"""How a sandbox's disk is shared out."""

from hypothesis import given
from hypothesis import strategies as st

from chorus_bwrap.quotas import PAGE, Quota, quotas
from chorus_hooks.sandbox import BoxSpec

MIB = 1 << 20


def spec(disk: int, input_size: int = 0, input_files: int = 0) -> BoxSpec:
    return BoxSpec(None, 1, 1.0, 1, disk, input_size, input_files, 1.0)


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 36), st.integers(0, 1 << 20))
def test_the_places_of_the_task_together_are_the_disk_and_the_copy(disk: int, size: int, files: int) -> None:
    shared = quotas(spec(disk, size, files))
    copy = size + files * PAGE
    together = shared.data.size + shared.output.size + shared.tmp.size
    assert disk - 3 <= together - copy <= disk


@given(st.integers(0, 1 << 36), st.integers(0, 1 << 20))
def test_the_source_fits_with_every_file_rounded_up_to_pages(size: int, files: int) -> None:
    shared = quotas(spec(0, size, files))
    assert shared.input.size >= size + files * (PAGE - 1)
    assert shared.input.inodes > files
    assert shared.data.inodes > files


def test_a_quota_of_nothing_is_not_a_quota_without_limit() -> None:
    assert Quota(0, 0).options == f"size={PAGE},nr_inodes=1"


def test_the_shares_are_two_thirds_a_quarter_and_a_twelfth() -> None:
    shared = quotas(spec(12 * MIB))
    assert (shared.data.size, shared.output.size, shared.tmp.size) == (8 * MIB, 3 * MIB, MIB)
