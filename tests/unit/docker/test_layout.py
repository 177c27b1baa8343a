"""Files can never use up the memory that a task was promised."""

from hypothesis import given
from hypothesis import strategies as st

from chorus_docker.layout import MIB, PAGE, Layout, lay_out
from chorus_hooks.sandbox import BoxSpec


def layout(memory: int, disk: int, size: int = 0, files: int = 0) -> Layout:
    return lay_out(BoxSpec("i", memory, 1.0, 1, disk, size, files, 1.0))


@given(
    st.integers(16 * MIB, 1 << 40),
    st.integers(MIB, 1 << 40),
    st.integers(0, 1 << 40),
    st.integers(0, 100_000),
)
def test_all_places_full_still_leave_an_eighth_of_the_memory(
    memory: int, disk: int, size: int, files: int
) -> None:
    made = layout(memory, disk, size, files)
    full = made.input + made.data + made.output + made.tmp + made.shm
    assert made.memory - full >= memory // 8 - 4 * PAGE


@given(st.integers(64 * MIB, 1 << 40), st.integers(0, 1 << 40), st.integers(1, 100_000))
def test_the_source_takes_nothing_from_the_task(memory: int, size: int, files: int) -> None:
    bare, filled = layout(memory, memory // 2), layout(memory, memory // 2, size, files)
    assert filled.memory - bare.memory >= (filled.input - bare.input) + (filled.data - bare.data)
    assert filled.data - bare.data >= size


def test_the_three_places_of_the_task_are_its_disk_together() -> None:
    made = layout(1024 * MIB, 96 * MIB)
    assert (made.data - PAGE, made.output, made.tmp) == (64 * MIB, 24 * MIB, 8 * MIB)


def test_a_disk_larger_than_the_memory_is_cut() -> None:
    made = layout(64 * MIB, 1 << 40)
    assert made.data + made.output + made.tmp <= 48 * MIB + PAGE


def test_a_large_box_has_inodes_for_a_large_dependency_tree_and_a_small_one_fewer() -> None:
    assert layout(2048 * MIB, 768 * MIB).data_inodes == 200_000
    assert layout(64 * MIB, 24 * MIB).data_inodes == 64 * MIB // 4096
    assert layout(64 * MIB, 24 * MIB, files=50_000).data_inodes >= 64 * MIB // 4096 + 50_000
