"""Where it cannot run, two lines say why and what to do."""

import subprocess
from pathlib import Path

import pytest

from tests.integration.pyz.driver import PYTHON, Pyz, altered, in_container


def told(done: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    assert done.stdout == ""
    first, second = done.stderr.splitlines()
    assert first.startswith("chorus: ")
    assert second.startswith("  try: ")
    return first.removeprefix("chorus: "), second.removeprefix("  try: ")


@pytest.mark.parametrize(("arguments", "code"), [(("--version",), 78), (("-q", "run", "true"), 125)])
def test_another_version_of_python_is_refused(
    cold: Pyz, tmp_path: Path, arguments: tuple[str, ...], code: int
) -> None:
    file = altered(cold.file, tmp_path / "chorus.pyz", small=True, PYTHON="3.99")
    done = Pyz(file, cold.folder, cold.cache).run(*arguments)
    reason, cure = told(done)
    assert done.returncode == code
    assert "needs Python 3.99, and this is Python 3." in reason
    assert cure == f"python3.99 {file}"
    assert not cold.cache.exists()


def test_another_kind_of_machine_is_refused(cold: Pyz, tmp_path: Path) -> None:
    file = altered(cold.file, tmp_path / "chorus.pyz", small=True, PLATFORM="sparc64-linux-gnu")
    reason, cure = told(Pyz(file, cold.folder, cold.cache).run("id"))
    assert reason.startswith("this chorus.pyz is for sparc64-linux-gnu, and this Python is for ")
    assert "make pyz" in cure


def test_a_home_that_is_a_file_is_told(cold: Pyz, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("")
    done = cold.run("id")
    assert done.returncode == 78
    assert told(done)[0] == f"cannot unpack into {tmp_path}/cache/chorus: Not a directory"


@pytest.mark.docker
@pytest.mark.parametrize(
    ("options", "script", "reason"),
    [
        ([], "unset HOME; exec", "cannot unpack into /nonexistent/.cache/chorus: Read-only file system"),
        (["--user=4242"], "unset HOME; exec", "there is no home directory to unpack into"),
        (
            ["--tmpfs=/t", "--env=SHIV_ROOT=/t"],
            "exec",
            "/t is mounted noexec: compiled modules cannot run there",
        ),
        (
            ["--tmpfs=/t:exec,size=9m,mode=1777", "--env=SHIV_ROOT=/t/x"],
            "exec",
            "cannot unpack into /t/x: No space left on device",
        ),
    ],
    ids=["read-only", "no home", "noexec", "full"],
)
def test_in_a_container_without_a_place_for_it(
    file: Path, engine: None, options: list[str], script: str, reason: str
) -> None:
    done = in_container(file, options, f"{script} python3 /chorus.pyz id")
    assert done.returncode == 78
    assert told(done)[0] == reason
    assert "SHIV_ROOT" in told(done)[1]


@pytest.mark.docker
def test_unpacked_before_it_runs_read_only_as_anybody(file: Path, engine: None, unpacked: Path) -> None:
    """As in an image where `RUN SHIV_ROOT=/opt chorus.pyz --help` was done by root."""
    options = [f"--volume={unpacked / 'chorus'}:/opt:ro", "--env=SHIV_ROOT=/opt"]
    state = ["--tmpfs=/state:mode=1777", "--env=CHORUS_STATE_DIR=/state/chorus"]
    done = in_container(file, [*options, *state], "python3 /chorus.pyz id && python3 /chorus.pyz plugin list")
    assert (done.returncode, done.stderr) == (0, "")
    assert "peer_id" in done.stdout


def test_the_python_of_these_tests_has_none_of_our_packages() -> None:
    look = subprocess.run([PYTHON, "-c", "import chorus_hooks"], capture_output=True, text=True)
    assert "ModuleNotFoundError" in look.stderr
