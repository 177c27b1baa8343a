"""What is particular to containers: two copies of a source, files in memory, images' volumes."""

import io
import subprocess
import sys
import tarfile
import tempfile
import uuid
from typing import BinaryIO

import pytest
import trio

from chorus.testing.sandbox import opened, sh, spec, tarball
from chorus_docker.sandbox import DockerSandbox
from chorus_hooks.errors import Refused, UsageError
from chorus_hooks.sandbox import DATA, INPUT
from tests.integration.docker.conftest import BUSYBOX, HOST, PYTHON
from tests.integration.docker.containers import docker, listed

pytestmark = [pytest.mark.docker, pytest.mark.usefixtures("engine")]

MIB = 1 << 20


def loose_tar() -> BinaryIO:
    """An archive whose modes are as open and as shut as modes can be."""
    archive = tempfile.TemporaryFile()  # noqa: SIM115 - the caller closes it
    with tarfile.open(fileobj=archive, mode="w") as tar:
        folder = tarfile.TarInfo("folder")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o777
        tar.addfile(folder)
        for name, mode in (("folder/open", 0o666), ("shut", 0o600)):
            member = tarfile.TarInfo(name)
            member.size, member.mode = 2, mode
            tar.addfile(member, io.BytesIO(b"x\n"))
    archive.seek(0)
    return archive


@pytest.mark.parametrize("image", [BUSYBOX, PYTHON])
async def test_whatever_modes_an_archive_has_the_task_reads_and_cannot_write_the_input(image: str) -> None:
    async with opened(DockerSandbox(HOST), image, input_size=MIB, input_files=3) as box:
        with loose_tar() as archive:
            await box.put(archive)
        ended = await sh(
            box,
            f"cat {INPUT}/folder/open {INPUT}/shut shut; exec 2>/dev/null;"
            f" for f in folder/open folder/new shut; do (echo y > {INPUT}/$f) && echo wrote $f; done;"
            f" echo z > {DATA}/shut && cat shut",
        )
    assert ended.out == "x\nx\nx\nz\n"


async def test_a_source_larger_than_announced_is_refused() -> None:
    async with opened(DockerSandbox(HOST), BUSYBOX, input_size=1000, input_files=1) as box:
        with (
            tarball({"big": bytes(64 * MIB)}) as archive,
            pytest.raises(UsageError, match="cannot be unpacked"),
        ):
            await box.put(archive)


@pytest.mark.slow
async def test_a_task_gets_its_memory_beside_a_large_source() -> None:
    async with opened(
        DockerSandbox(HOST), PYTHON, memory=160 * MIB, disk=16 * MIB, input_size=48 * MIB, input_files=1
    ) as box:
        with tarball({"big": bytes(48 * MIB)}) as archive:
            await box.put(archive)
        ended = await sh(box, "python3 -c 'x = bytearray(100 << 20); print(len(x))'")
    assert ended.out == f"{100 << 20}\n"


async def test_usage_is_measured() -> None:
    async with opened(DockerSandbox(HOST), PYTHON) as box:
        idle = await sh(box, "true")
        busy = await sh(box, "python3 -c 'x = bytearray(64 << 20); sum(range(9_000_000))'")
    assert idle.exit.cpu_s is not None
    assert busy.exit.cpu_s is not None
    assert 0 <= idle.exit.cpu_s < busy.exit.cpu_s <= busy.seconds * 2
    assert busy.exit.peak_memory is not None
    assert 64 * MIB <= busy.exit.peak_memory <= 258 * MIB


async def test_inodes_of_data_are_limited() -> None:
    flood = "import os\nfor n in range(300000):\n    os.close(os.open(f'f{n}', os.O_CREAT | os.O_WRONLY))"
    async with opened(DockerSandbox(HOST), PYTHON, memory=64 * MIB, disk=24 * MIB) as box:
        ended = await sh(box, 'python3 -c "$FLOOD"', env={"FLOOD": flood}, timeout_s=60)
        after = await sh(box, "rm f0 && echo fine > file && cat file")
    assert (ended.reason, "No space left" in ended.err) == ("disk_limit", True)
    assert after.out == "fine\n"


async def test_a_volume_of_the_image_is_no_way_to_the_disk() -> None:
    image = f"chorus-test/volume:{uuid.uuid4().hex[:12]}"
    made = await docker("create", BUSYBOX, "sh")
    try:
        await docker("commit", "--change", 'VOLUME ["/tmp/volume", "/vol"]', made, image)
        mark = uuid.uuid4().hex
        async with opened(DockerSandbox(HOST), image, labels={"mark": mark}) as box:
            look = "for d in /vol /tmp/volume; do (echo x > $d/f) 2>/dev/null && echo wrote $d; done"
            ended = await sh(box, look)
            [line] = await listed(f"chorus.mark={mark}")
            mounts = await docker("inspect", "--format", "{{json .Mounts}}", line.split()[0])
        assert (ended.out, mounts) == ("", "[]")
    finally:
        await docker("rm", "-f", made)
        await docker("rmi", "-f", image)


async def test_an_image_that_is_not_here_is_refused_with_the_cure() -> None:
    sandbox = DockerSandbox(HOST)
    found = await sandbox.probe("chorus-test/none:1")
    assert (found.ok, "docker pull chorus-test/none:1" in found.cure) == (False, True)
    with pytest.raises(Refused, match="not here"):
        async with sandbox.open(spec("chorus-test/none:1")):
            pass


async def test_an_image_without_a_shell_is_refused() -> None:
    image = f"chorus-test/bare:{uuid.uuid4().hex[:12]}"
    with tarball({"nothing": b""}) as archive:
        await trio.run_process(["docker", "import", "-", image], stdin=archive, capture_stdout=True)
    try:
        with pytest.raises(Refused, match="does not stay up") as raised:
            async with DockerSandbox(HOST).open(spec(image)):
                pass
        assert "/bin/sh" in raised.value.hint
    finally:
        await docker("rmi", "-f", image)


async def test_limits_that_the_engine_cannot_take_are_refused() -> None:
    with pytest.raises(Refused, match="refuses"):
        async with DockerSandbox(HOST).open(spec(BUSYBOX, memory=1, disk=1)):
            pass


async def test_more_processors_than_there_are_may_be_asked_for() -> None:
    async with opened(DockerSandbox(HOST), BUSYBOX, cpus=512.0) as box:
        assert (await sh(box, "true")).code == 0


async def test_words_that_are_no_text_are_refused() -> None:
    async with opened(DockerSandbox(HOST), BUSYBOX) as box:
        for word in ("\udcff", "a\0b"):
            with pytest.raises(UsageError):
                await sh(box, "true", env={"X": word})
        assert (await sh(box, "true")).code == 0


async def test_abandoned_containers_are_reaped_and_others_stay() -> None:
    mark = uuid.uuid4().hex
    sandbox = DockerSandbox(HOST, owner=mark)
    async with opened(sandbox, BUSYBOX, labels={"boot": "alive", "mark": mark}) as box:
        await docker(
            "create",
            *(
                f"--label={word}"
                for word in (f"chorus.mark={mark}", "chorus.sandbox=1", f"chorus.owner={mark}")
            ),
            "--label=chorus.boot=dead",
            "--label=chorus.deadline=99999999999",
            BUSYBOX,
            "sh",
        )
        assert await sandbox.reap("alive".__eq__) == 1
        assert len(await listed(f"chorus.mark={mark}")) == 1
        assert (await sh(box, "true")).code == 0


def test_a_sandbox_with_its_image_here_never_imports_docker_py() -> None:
    program = (
        "import sys, trio\n"
        "from chorus.testing.sandbox import opened, sh\n"
        "from chorus_docker.sandbox import DockerSandbox\n"
        "async def main():\n"
        f"    async with opened(DockerSandbox({HOST!r}, may_pull=True), '{BUSYBOX}') as box:\n"
        "        assert (await sh(box, 'true')).code == 0\n"
        "    assert 'docker' not in sys.modules and 'requests' not in sys.modules\n"
        "trio.run(main)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.slow
async def test_a_full_size_bomb_on_a_quarter_of_a_processor_leaves_the_limits_as_they_were() -> None:
    """512 processes that fork without pause and have hardly any time to die in (the default limit)."""
    forks = "trap '' TERM; while :; do setsid sh ./b & setsid sh ./b; done"
    bomb = 'echo "$FORKS" > b; sh ./b & while :; do :; done'
    look = "cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids*/pids.max"
    async with opened(DockerSandbox(HOST), PYTHON, pids=512, cpus=0.25, memory=1 << 30) as box:
        before = await sh(box, f"{look} 2>/dev/null")
        with trio.fail_after(40):
            ended = await sh(box, f"exec 2>/dev/null; {bomb}", env={"FORKS": forks}, timeout_s=1.0)
        after = await sh(box, f"{look} 2>/dev/null")
    assert (ended.reason, ended.exit.detail) == ("timeout", "")
    assert ended.seconds <= 10
    assert before.out == after.out != ""
