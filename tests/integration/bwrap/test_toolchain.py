"""What a task sees of this machine: the system's tools, what CHORUS_BWRAP_RO names, and nothing else."""

import os
import shutil
import stat
import sys
import venv
from pathlib import Path

import pytest

from chorus.testing.sandbox import opened, run, sh
from chorus_bwrap.sandbox import BwrapSandbox

pytestmark = pytest.mark.bwrap


async def test_tools_behind_alternatives_are_found() -> None:
    async with opened(BwrapSandbox(), None) as box:
        ended = await sh(box, "echo a b | awk '{print $2}'")
    assert (ended.code, ended.out) == (0, "b\n")


async def test_the_user_has_a_name_and_localhost_an_address() -> None:
    look = "import getpass, socket; print(getpass.getuser(), socket.gethostbyname('localhost'))"
    async with opened(BwrapSandbox(), None) as box:
        ended = await run(box, "/usr/bin/python3", "-c", look)
        named = await sh(box, "id -un")
    assert ended.out == "chorus 127.0.0.1\n"
    assert named.out == "chorus\n"


async def test_shared_memory_and_locks_work() -> None:
    program = "import multiprocessing as m; l = m.Lock(); print(m.Pool(2).map(abs, [-1, -2]))"
    async with opened(BwrapSandbox(), None) as box:
        ended = await run(box, "/usr/bin/python3", "-c", program)
    assert (ended.code, ended.out) == (0, "[1, 2]\n"), ended.err


async def test_the_environment_is_small_and_fixed() -> None:
    async with opened(BwrapSandbox(), None) as box:
        ended = await run(box, "/usr/bin/env", env={"MINE": "1"})
    names = {line.partition("=")[0] for line in ended.out.splitlines()}
    assert names == {"PATH", "HOME", "USER", "LANG", "MINE", "PWD"}


async def test_a_task_goes_first_when_memory_runs_out() -> None:
    async with opened(BwrapSandbox(), None) as box:
        ended = await run(box, "cat", "/proc/self/oom_score_adj")
    assert ended.out == "500\n"


@pytest.mark.parametrize(
    ("tool", "program"),
    [
        ("gcc", "echo 'int main(void){return 7;}' > a.c && gcc a.c -o a && ./a"),
        ("make", "printf 'all:\\n\\t@exit 7\\n' > Makefile && make 2>/dev/null; [ $? -eq 2 ] && exit 7"),
        ("node", "node -e 'process.exit(7)'"),
        (
            "java",
            "echo 'class A{public static void main(String[] a){System.exit(7);}}' > A.java && java A.java",
        ),
        ("perl", "perl -MJSON::PP -e 'exit 7'"),
    ],
)
async def test_the_machines_toolchains_work(tool: str, program: str) -> None:
    if shutil.which(tool, path="/usr/bin:/usr/local/bin") is None:
        return  # nothing to show: this machine does not have it
    async with opened(BwrapSandbox(), None, disk=256 << 20, pids=256) as box:
        ended = await sh(box, program, timeout_s=60)
    assert ended.code == 7, ended


@pytest.fixture
def private(tmp_path: Path) -> Path:
    """A toolchain in somebody's private home."""
    tool = tmp_path / "home" / "tool chain"
    (tool / "bin").mkdir(parents=True)
    program = tool / "bin" / "hello-tool"
    program.write_text('#!/bin/sh\ncat "$(dirname "$0")/../words"\n')
    program.chmod(0o755)
    (tool / "words").write_text("hello\n")
    (tmp_path / "home" / "other").write_text("not for you")
    (tmp_path / "home").chmod(0o700)
    return tool


async def test_named_directories_are_read_only_and_first_on_the_path(private: Path) -> None:
    async with opened(BwrapSandbox((private,)), None) as box:
        ended = await run(box, "hello-tool")
        written = await sh(box, f"touch '{private}/new'")
        beside = await sh(box, f"cat '{private.parent}/other'")
    assert (ended.code, ended.out) == (0, "hello\n"), ended.err
    assert written.code != 0
    assert beside.code != 0
    assert stat.S_IMODE(private.parent.stat().st_mode) == 0o700


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment in a private directory."""
    tmp_path.chmod(0o700)
    venv.create(tmp_path / "venv", symlinks=True)
    return tmp_path / "venv"


async def test_a_virtual_environment_works(environment: Path) -> None:
    async with opened(BwrapSandbox((environment, Path(sys.base_prefix))), None) as box:
        ended = await run(box, "python3", "-c", "import sys; print(sys.prefix)")
    assert ended.out == f"{environment}\n", ended.err


async def test_a_task_cannot_put_a_link_in_the_way_of_a_named_directory(private: Path) -> None:
    """The directory lies under /tmp, which belongs to the task in the sandbox."""
    top = Path(*private.parts[:3])
    async with opened(BwrapSandbox((private,)), None) as box:
        if not private.is_relative_to("/tmp"):
            return  # then the task cannot even try
        await sh(box, f"mv {top} /tmp/moved && ln -s /workspace/data {top}")
        ended = await sh(box, "true")
        assert (ended.reason, ended.code) == ("exited", 126)
        assert str(private) in ended.exit.detail


@pytest.mark.parametrize("bad", ["/", "/proc", "/workspace/data", "/no/such/directory"])
async def test_a_directory_that_cannot_be_shown_is_refused_with_its_name(bad: str) -> None:
    here = await BwrapSandbox((Path(bad),)).probe(None)
    assert not here.ok
    assert f"CHORUS_BWRAP_RO names {bad}" in here.why
    assert here.cure


async def test_a_directory_that_only_its_owner_may_read_is_refused_to_root(private: Path) -> None:
    """The sandbox is nobody's, so it could not read it; an ordinary user's sandbox is their own."""
    private.chmod(0o700)
    here = await BwrapSandbox((private,)).probe(None)
    assert here.ok == (os.geteuid() != 0)
    assert here.ok or "only its owner may read" in here.why
