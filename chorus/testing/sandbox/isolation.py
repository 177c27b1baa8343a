"""Isolation: no way out, nothing to find, nothing to keep."""

import os
import tempfile
from pathlib import Path

import pytest

from chorus.testing.sandbox.bench import opened, run, sh
from chorus_hooks.sandbox import DATA, INPUT, OUTPUT, Sandbox

NO_CAPABILITIES = "0000000000000000"


class IsolationPromises:
    """Identity, privileges, network, host paths, credentials."""

    async def test_the_task_is_an_ordinary_user_without_privileges(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """Uid 10001, no capability in any set, no way to get one, and a system call filter."""
        async with opened(sandbox, image) as box:
            ended = await sh(box, "id -u; id -g; cat /proc/self/status")
        uid, gid, *status = ended.out.splitlines()
        facts = dict(line.split(":", 1) for line in status)
        assert (uid, gid) == ("10001", "10001")
        for capabilities in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            assert facts[capabilities].strip() == NO_CAPABILITIES
        assert facts["NoNewPrivs"].strip() == "1"
        assert facts["Seccomp"].strip() == "2"

    async def test_a_setuid_copy_gives_nothing(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 24: a program made setuid and setgid runs as before."""
        async with opened(sandbox, image) as box:
            ended = await sh(box, "cp $(command -v id) ./id && chmod 6755 ./id && ./id -u")
        assert ended.out.strip() in ("10001", "")

    async def test_there_is_no_network(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 30: only loopback, no route, so neither a gateway, a name server nor a metadata address."""
        async with opened(sandbox, image) as box:
            ended = await sh(
                box,
                "sed 1,2d /proc/net/dev | cut -d: -f1; sed 1d /proc/net/route;"
                "grep -v ' lo$' /proc/net/if_inet6 2>/dev/null; true",
            )
        assert ended.out.split() == ["lo"]

    async def test_paths_of_the_host_are_absent(
        self, sandbox: Sandbox, image: str | None, tmp_path: Path
    ) -> None:
        """Case 31: engine sockets, home directories, temporary files, the directory that CHORUS runs in."""
        canary = tmp_path / "canary"
        canary.write_text("leaked-canary")
        canary.chmod(0o644)
        with tempfile.NamedTemporaryFile(dir="/tmp") as file:
            os.chmod(file.name, 0o644)  # noqa: PTH101
            wanted = [str(canary), file.name, f"/proc/1/root{file.name}", str(Path.home()), str(Path.cwd())]
            sockets = ["/var/run/docker.sock", "/run/docker.sock", "/run/dbus", "/run/containerd"]
            async with opened(sandbox, image) as box:
                ended = await run(
                    box,
                    "sh",
                    "-c",
                    'for p in "$@"; do ls -A "$p" 2>/dev/null && echo "$p"; done',
                    "x",
                    *wanted,
                    *sockets,
                )
        assert not [path for path in (*wanted, *sockets) if path in ended.out.splitlines()], ended.out

    async def test_no_credential_is_found_in_any_process(
        self, sandbox: Sandbox, image: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Case 32: environments, command lines and open files of all that /proc shows."""
        monkeypatch.setenv("CHORUS_CLUSTER_SECRET", "leaked-canary")
        async with opened(sandbox, image) as box:
            ended = await sh(
                box,
                "cat /proc/[0-9]*/environ /proc/[0-9]*/task/*/environ 2>/dev/null | tr '\\0' '\\n';"
                "ls -l /proc/[0-9]*/fd /proc/[0-9]*/cwd 2>/dev/null",
            )
        assert "leaked-canary" not in ended.out
        assert "CHORUS_" not in ended.out
        assert str(Path.cwd()) not in ended.out

    async def test_nothing_is_writable_but_the_workspace_and_temporary_places(
        self, sandbox: Sandbox, image: str | None
    ) -> None:
        """What can be filled has a quota, so nothing else may be writable: `/`, /dev, /etc, /proc …"""
        async with opened(sandbox, image) as box:
            ended = await sh(
                box,
                "for d in / /dev /dev/pts /etc /usr /usr/bin /usr/local /run /var /var/tmp /var/lib /home"
                " /root /opt /srv /mnt /sys /sys/fs/cgroup /proc /proc/sys/kernel /proc/1 /workspace "
                + INPUT
                + "; do"
                ' if [ -d $d ] && (echo x > $d/.w) 2>/dev/null; then echo "wrote $d"; fi; done;'
                f"for d in /tmp {DATA} {OUTPUT}; do echo x > $d/.w || echo cannot $d; done",
            )
        assert ended.out == ""

    @pytest.mark.parametrize(
        "attempt",
        [
            "mknod null c 1 3",
            "mount -t tmpfs none /tmp",
            "umount /proc",
            "unshare -U true",
            "unshare -r true",
            "unshare -n true",
            "unshare -m true",
            "chroot / true",
            "hostname other",
            "echo 1 > /proc/sys/kernel/panic",
            "echo x > /proc/sysrq-trigger",
            "echo '|/bin/sh' > /proc/sys/kernel/core_pattern",
            "chown 0 file",
            "dd if=/dev/mem of=file bs=1 count=1",
            "dd if=/proc/kcore of=file bs=1 count=1",
            "dmesg",
            "ls /proc/1/map_files/. && false",
        ],
    )
    async def test_privileged_acts_are_denied(
        self, sandbox: Sandbox, image: str | None, attempt: str
    ) -> None:
        """Cases 23, 29, 33 and 34: each fails, whether the program is there or not."""
        async with opened(sandbox, image) as box:
            ended = await sh(box, f": > file; ({attempt}) >/dev/null 2>&1")
        assert ended.reason == "exited"
        assert ended.code != 0

    async def test_dangerous_system_calls_are_denied(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 33: keyrings, bpf, perf, kernel modules, other processes' memory (needs Python in the box)."""
        async with opened(sandbox, image) as box:
            if (await sh(box, "command -v python3")).code != 0:
                pytest.xfail("no python3 in the box to make system calls with")
            ended = await run(box, "python3", "-c", SYSTEM_CALLS)
        assert ended.code == 0, ended.err
        assert ended.out == "", f"allowed: {ended.out}"

    async def test_no_user_namespace_can_be_made(self, sandbox: Sandbox, image: str | None) -> None:
        """Case 29, by clone itself: the way to all capabilities (needs Python in the box)."""
        async with opened(sandbox, image) as box:
            if (await sh(box, "command -v python3")).code != 0:
                pytest.xfail("no python3 in the box to make system calls with")
            ended = await run(box, "python3", "-c", CLONE)
        assert (ended.code, ended.out) == (0, "denied\n"), ended


CLONE = """
import ctypes, os, platform
number = {"x86_64": 56, "aarch64": 220}.get(platform.machine())
new_user, child = 0x10000000, 17
pid = -1 if number is None else ctypes.CDLL(None).syscall(number, new_user | child, 0, 0, 0, 0)
if pid == 0: os._exit(0)
print("denied" if pid < 0 else "made one", flush=True)
"""

SYSTEM_CALLS = """
import ctypes, platform
libc = ctypes.CDLL(None, use_errno=True)
x86 = {"keyctl": 250, "add_key": 248, "request_key": 249, "bpf": 321, "perf_event_open": 298,
       "init_module": 175,
       "kexec_load": 246, "mount": 165, "pivot_root": 155, "setns": 308, "swapon": 167, "reboot": 169,
       "open_by_handle_at": 304, "userfaultfd": 323}
arm = {"keyctl": 219, "add_key": 217, "request_key": 218, "bpf": 280, "perf_event_open": 241,
       "init_module": 105,
       "kexec_load": 104, "mount": 40, "pivot_root": 41, "setns": 268, "swapon": 224, "reboot": 142,
       "open_by_handle_at": 265, "userfaultfd": 282}
for name, number in {"x86_64": x86, "aarch64": arm}.get(platform.machine(), {}).items():
    ctypes.set_errno(0)
    answer = libc.syscall(number, 0, 0, 0, 0, 0)
    if answer != -1 or ctypes.get_errno() not in (1, 38):
        print(name, answer, ctypes.get_errno())
"""
