"""A process of its own that opens a sandbox, uses it, and says where it is. It may be killed anywhere.

Run: python driver.py MARK TTL [stay]. MARK becomes the label chorus.mark of the container.
"""

import io
import os
import sys
import tarfile
import tempfile

import trio

from chorus_docker.sandbox import DockerSandbox
from chorus_hooks.output import Stream
from chorus_hooks.sandbox import BoxCommand, BoxSpec

MIB = 1 << 20


def say(word: str) -> None:
    print(word, flush=True)


async def ignore(_stream: Stream, _data: bytes) -> None:
    say("output")


async def main(mark: str, ttl_s: float, *stay: str) -> None:
    labels = {"mark": mark, "boot": mark}
    spec = BoxSpec("chorus-test/busybox:1", 64 * MIB, 1.0, 32, 16 * MIB, MIB, 1, ttl_s, labels)
    say("opening")
    async with DockerSandbox(os.environ.get("DOCKER_HOST", ""), owner="driver").open(spec) as box:
        say("opened")
        with tempfile.TemporaryFile() as archive:
            with tarfile.open(fileobj=archive, mode="w") as tar:
                member = tarfile.TarInfo("file")
                member.size = 4
                tar.addfile(member, io.BytesIO(b"text"))
            archive.seek(0)
            await box.put(archive)
        say("filled")
        await box.run(BoxCommand(("true",), {}, 30.0, MIB), ignore)
        say("ran")
        with tempfile.TemporaryFile() as into:
            await box.collect(into, max_bytes=MIB)
        say("collected")
        forever = "trap '' TERM; echo; (setsid sleep 999 &); while :; do sleep 1; done"
        if stay:
            await box.run(BoxCommand(("sh", "-c", forever), {}, 999.0, MIB), ignore)


trio.run(main, sys.argv[1], float(sys.argv[2]), *sys.argv[3:])
