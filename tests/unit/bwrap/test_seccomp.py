"""The filter, run by a small interpreter of the instructions that it uses (classic BPF)."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_bwrap import seccomp

ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
MACHINES = ("x86_64", "aarch64")


def judge(program: bytes, arch: int, number: int) -> int:
    """What the kernel would decide for one system call."""
    steps = list(struct.iter_unpack("=HBBI", program))
    data = {0: number, 4: arch}
    accumulator, at = 0, 0
    while True:
        code, yes, no, operand = steps[at]
        at += 1
        if code == 0x20:
            accumulator = data[operand]
        elif code == 0x15:
            at += yes if accumulator == operand else no
        elif code == 0x35:
            at += yes if accumulator >= operand else no
        else:
            assert code == 0x06
            return int(operand)


@pytest.mark.parametrize("machine", MACHINES)
def test_exactly_the_listed_calls_are_denied(machine: str) -> None:
    program = seccomp.program(machine)
    denied = {pair[MACHINES.index(machine)] for pair in seccomp.DENIED.values()} - {seccomp.NONE}
    for number in range(600):
        wanted = EPERM if number in denied else ALLOW
        assert judge(program, seccomp.AUDIT_ARCH[machine], number) == wanted


@given(st.integers(0, 600), st.integers(0, 2**32 - 1))
def test_another_abi_gets_nothing(number: int, arch: int) -> None:
    for machine in MACHINES:
        if arch != seccomp.AUDIT_ARCH[machine]:
            assert judge(seccomp.program(machine), arch, number) == ENOSYS


@given(st.integers(0, 600))
def test_x32_is_no_way_around_the_list(number: int) -> None:
    program = seccomp.program("x86_64")
    assert judge(program, seccomp.AUDIT_ARCH["x86_64"], number | 0x40000000) == ENOSYS


def test_a_jump_fits_its_byte() -> None:
    assert len(seccomp.DENIED) < 250


def test_other_machines_have_no_filter() -> None:
    assert not seccomp.supported("riscv64")
    assert seccomp.supported("x86_64")
