from pathlib import Path

import pytest

from chorus_hooks.errors import ChorusError, Refused
from chorus_journal.flock import flock


def test_an_exclusive_lock_keeps_all_others_out(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with flock(path, exclusive=True):
        for exclusive in (True, False):
            with (
                pytest.raises(ChorusError, match="stayed locked") as caught,
                flock(path, exclusive=exclusive, timeout=0),
            ):
                pass
            assert "stopped or hanging" in caught.value.hint
    with flock(path, exclusive=True, timeout=0):
        pass


def test_shared_locks_are_shared(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        flock(path, exclusive=False),
        flock(path, exclusive=False, timeout=0),
        pytest.raises(ChorusError, match="stayed locked"),
        flock(path, exclusive=True, timeout=0),
    ):
        pass


def test_a_lock_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChorusError) as caught, flock(tmp_path / "absent" / "lock", exclusive=True):
        pass
    assert not isinstance(caught.value, Refused)
