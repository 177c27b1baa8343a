"""Reading what bubblewrap tells."""

from hypothesis import given
from hypothesis import strategies as st

from chorus_bwrap.status import exit_code, lacks_directory

STARTED = b'{ "child-pid": 7, "pid-namespace": 4026532185 }\n'


def test_the_exit_code_is_in_the_last_line() -> None:
    assert exit_code(STARTED + b'{ "exit-code": 139 }\n') == 139


def test_a_command_that_was_never_reached_has_no_code() -> None:
    assert exit_code(STARTED) is None
    assert exit_code(b"") is None


@given(st.integers(0, 255), st.integers(0, 100))
def test_what_is_cut_off_is_no_code(code: int, cut: int) -> None:
    whole = STARTED + b'{ "exit-code": %d }' % code
    assert exit_code(whole[: len(whole) - 1 - cut]) is None


@given(st.binary())
def test_no_bytes_make_it_fail(said: bytes) -> None:
    assert exit_code(said) is None or b"exit-code" in said


def test_a_missing_directory_is_told_from_other_complaints() -> None:
    assert lacks_directory(b"bwrap: Can't chdir to /x: No such file or directory\n")
    assert not lacks_directory(b"bwrap: Creating new namespace failed: Operation not permitted\n")
