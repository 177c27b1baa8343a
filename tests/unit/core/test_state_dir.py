"""The state dir belongs to its user, and a boot lives exactly as long as its process."""

import fcntl
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from chorus.settings import default_state_dir
from chorus.state_dir import open_state_dir
from chorus_hooks.errors import Refused

_HOLD = """
import sys, pathlib
from chorus.state_dir import open_state_dir
with open_state_dir(pathlib.Path(sys.argv[1])) as boot:
    (boot.scratch / "left").write_text("behind")
    print(boot.boot, flush=True)
    sys.stdin.read()
"""


def test_it_is_made_private(tmp_path: Path) -> None:
    with open_state_dir(tmp_path / "a" / "state") as boot:
        assert stat.S_IMODE(boot.state_dir.stat().st_mode) == 0o700


def test_scratch_and_boot_go_away_at_the_end(tmp_path: Path) -> None:
    with open_state_dir(tmp_path) as boot:
        (boot.scratch / "file").write_text("x")
    assert list((tmp_path / "scratch").iterdir()) == []
    assert list((tmp_path / "boots").iterdir()) == []


def test_a_killed_process_is_dead_and_its_scratch_is_cleared_by_the_next(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        boot_id = other.stdout.readline().strip()
        with open_state_dir(tmp_path) as boot:
            assert boot.alive(boot_id)
            assert boot.alive(boot.boot)
            other.kill()
            other.wait()
            assert not boot.alive(boot_id)
    with open_state_dir(tmp_path) as boot:
        assert [path.name for path in (tmp_path / "scratch").iterdir()] == [boot.boot]
        assert [path.name for path in (tmp_path / "boots").iterdir()] == [boot.boot]


def test_who_is_taken_for_dead_before_its_lock_is_there_tries_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flock, cleared = fcntl.flock, list[Path]()

    def cleared_first(descriptor: int, operation: int) -> None:
        if not cleared:
            cleared.extend((tmp_path / "boots").iterdir())
            for path in cleared:
                path.unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", cleared_first)
    with open_state_dir(tmp_path) as boot:
        assert [path.name for path in cleared] == [f".{boot.boot}"]
        assert [path.name for path in (tmp_path / "boots").iterdir()] == [boot.boot]


def test_an_unknown_boot_is_not_alive(tmp_path: Path) -> None:
    with open_state_dir(tmp_path) as boot:
        assert not boot.alive("0" * 32)


def test_a_file_in_its_place_is_refused_with_a_cure(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("not a directory")
    with pytest.raises(Refused) as caught, open_state_dir(tmp_path / "state"):
        pass
    assert "cannot be used" in caught.value.message
    assert "--state-dir" in caught.value.hint


def test_the_default_follows_the_xdg_specification(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert default_state_dir({"XDG_STATE_HOME": "/var/x"}) == Path("/var/x/chorus")
    assert default_state_dir({}) == Path("/home/somebody/.local/state/chorus")
    assert default_state_dir({"XDG_STATE_HOME": "not/absolute"}) == Path("/home/somebody/.local/state/chorus")
