"""Where a sandbox works, and what is said where it does not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import trio

from chorus.testing.sandbox import opened, sh, spec
from chorus_bwrap import tools
from chorus_bwrap.sandbox import BwrapSandbox
from chorus_hooks.errors import Refused

pytestmark = pytest.mark.bwrap

PROBE = (
    "import trio; from chorus_bwrap.sandbox import BwrapSandbox;"
    "here = trio.run(BwrapSandbox().probe, None); print(here.ok, here.why, '|', here.cure)"
)
# The interpreter may lie where only root can read (a home of mode 0700), so it becomes the user by itself,
# after a first probe has imported everything.
AS_A_USER = """
import os, sys, trio
from chorus_bwrap.sandbox import BwrapSandbox
first = trio.run(BwrapSandbox().probe, None)
if os.geteuid() == 0:
    user = int(sys.argv[1])
    os.setgroups([]); os.setresgid(user, user, user); os.setresuid(user, user, user)
here = trio.run(BwrapSandbox().probe, None)
print(here.ok, os.geteuid(), here.why, "|", here.cure)
"""
TYPE = """
import trio, os
from chorus_bwrap.sandbox import BwrapSandbox, SMALLEST
from chorus_hooks.sandbox import BoxCommand
async def ignore(stream, data): pass
async def main():
    os.close(os.open("/dev/tty", os.O_RDWR))
    async with BwrapSandbox().open(SMALLEST) as box:
        ended = await box.run(BoxCommand(("sh", "-c", ": < /dev/tty"), {}, 9, 999), ignore)
    print("outside True inside", ended.code == 0)
trio.run(main)
"""
ORDINARY = 12345


@pytest.fixture
def without_bwrap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH that has the tools which are needed, but no bubblewrap."""
    tmp_path.chmod(0o755)
    for directory in tools.SYSTEM_PATH.split(":"):
        for name in (*tools.NEEDED, "cat", "mkdir", "printf"):
            if Path(directory, name).exists() and not (tmp_path / name).is_symlink():
                (tmp_path / name).symlink_to(Path(directory, name))
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


async def test_the_bundled_bubblewrap_is_used_when_the_machine_has_none(without_bwrap: Path) -> None:
    (found,) = tools.candidates()
    assert found.homes
    async with opened(BwrapSandbox(), None) as box:
        ended = await sh(box, "id -u; unshare -U true 2>/dev/null || echo denied")
    assert ended.out == "10001\ndenied\n"


async def test_without_any_bubblewrap_it_refuses_with_the_cure(
    without_bwrap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    sandbox = BwrapSandbox()
    here = await sandbox.probe(None)
    assert (here.ok, here.why) == (False, "bubblewrap is not installed")
    assert "apt install bubblewrap" in here.cure
    with pytest.raises(Refused, match="bubblewrap is not installed"):
        async with sandbox.open(spec(None)):
            pass


async def test_a_bubblewrap_that_is_too_old_gives_way_to_the_bundled_one(without_bwrap: Path) -> None:
    old = without_bwrap / "bwrap"
    old.write_text("#!/bin/sh\necho 'bwrap: Unknown option --disable-userns' >&2; exit 1\n")
    old.chmod(0o755)
    assert len(tools.candidates()) == 2
    assert (await BwrapSandbox().probe(None)).ok


async def test_it_says_when_bubblewrap_is_too_old(
    without_bwrap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    old = without_bwrap / "bwrap"
    old.write_text("#!/bin/sh\necho 'bwrap: Unknown option --disable-userns' >&2; exit 1\n")
    old.chmod(0o755)
    here = await BwrapSandbox().probe(None)
    assert not here.ok
    assert "too old" in here.why


async def test_it_says_when_user_namespaces_are_switched_off() -> None:
    """In a user namespace of its own, which may not have any below it."""
    limit = 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"'
    argv = ["unshare", "--user", "--map-root-user", "sh", "-c", limit, "sh", sys.executable, "-c", PROBE]
    done = await trio.run_process(argv, capture_stdout=True, env=dict(os.environ))
    said = done.stdout.decode()
    assert said.startswith("False user namespaces are switched off |"), said
    assert "sysctl -w user.max_user_namespaces" in said


async def test_an_ordinary_user_can_use_it() -> None:
    argv = [sys.executable, "-c", AS_A_USER, str(ORDINARY)]
    done = await trio.run_process(argv, capture_stdout=True, cwd="/", stderr=subprocess.STDOUT)
    user = os.geteuid() or ORDINARY
    assert done.stdout.decode().startswith(f"True {user} "), done.stdout.decode()


async def test_the_terminal_of_the_caller_is_out_of_reach() -> None:
    """Whoever can open /dev/tty can type into the shell that called us (TIOCSTI)."""
    keyboard, terminal = os.openpty()
    argv = ["setsid", "--ctty", "--wait", sys.executable, "-c", TYPE]
    done = await trio.run_process(argv, stdin=terminal, capture_stdout=True)
    os.close(keyboard)
    os.close(terminal)
    assert done.stdout.decode() == "outside True inside False\n"


async def test_the_probe_is_made_once() -> None:
    sandbox = BwrapSandbox()
    first = await sandbox.probe(None)
    assert await sandbox.probe("an image, which means nothing here") is first
