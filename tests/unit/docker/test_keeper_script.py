"""What the keeper says is understood, with control groups of both kinds and with none."""

import pytest

from chorus_docker.keeper_script import Facts, parse_facts, parse_room

V1 = """processes 4
cpu_ns 1500000000
memory_peak 4341760
oom_kill_disable 0
under_oom 0
oom_kill 2
nr_periods 1"""

V2 = """processes 5
memory_peak 8192
usage_usec 250000
user_usec 1
low 0
oom 1
oom_kill 1
oom_group_kill 0"""

DF = """Filesystem           1024-blocks    Used Available Capacity Mounted on
tmpfs                    65536     12345     53191  19% /workspace/data
tmpfs                    24576     24576         {}  99% /workspace/output
tmpfs                     8192         0      8192   0% /tmp
Filesystem              Inodes      Used Available Capacity Mounted on
tmpfs                   131072         1    131071   0% /workspace/data
tmpfs                    20000         1     19999   0% /workspace/output
tmpfs                    20000         1         {}   0% /tmp"""


def test_facts_of_control_groups_v1() -> None:
    assert parse_facts(V1.splitlines()) == Facts(4, 2, 1.5, 4341760)


def test_facts_of_control_groups_v2() -> None:
    assert parse_facts(V2.splitlines()) == Facts(5, 1, 0.25, 8192)


def test_without_control_groups_only_processes_are_known() -> None:
    assert parse_facts(["processes 7"]) == Facts(7, 0, None, None)


@pytest.mark.parametrize("lines", [[], ["processes"], ["processes many"], ["cpu_ns 3"]])
def test_an_answer_without_a_count_is_refused(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="did not count"):
        parse_facts(lines)


@pytest.mark.parametrize(
    ("blocks", "inodes", "full"), [("1", "1", None), ("0", "1", "/workspace/output"), ("1", "0", "/tmp")]
)
def test_a_place_without_a_page_or_an_inode_is_full(blocks: str, inodes: str, full: str | None) -> None:
    assert parse_room(DF.format(blocks, inodes).splitlines()) == full


def test_other_file_systems_and_errors_are_not_ours() -> None:
    said = "df: /nowhere: No such file\noverlay 10 10 0 100% /\ntmpfs 10 10 - 100% /tmp\n"
    assert parse_room(said.splitlines()) is None
