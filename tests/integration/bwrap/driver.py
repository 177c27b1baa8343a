"""A process of its own that opens a sandbox, uses it, and says where it is. It may be killed anywhere.

Run: python driver.py MARK [TTL]. MARK is in the command line of every process of the sandbox.
"""

import io
import os
import sys
import tarfile
from typing import BinaryIO

import trio

from chorus_bwrap.sandbox import BwrapSandbox
from chorus_hooks.output import Stream
from chorus_hooks.sandbox import BoxCommand, BoxSpec

MIB = 1 << 20
SIZE = 16 * MIB


def say(text: str) -> None:
    print(text, flush=True)


async def listen(_stream: Stream, data: bytes) -> None:
    say(data.decode().strip())


def in_memory() -> BinaryIO:
    return os.fdopen(os.memfd_create("driver"), "w+b")


def source() -> BinaryIO:
    file = in_memory()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("big")
        member.size = SIZE
        tar.addfile(member, io.BytesIO(bytes(SIZE)))
    return file


async def main(mark: str, ttl_s: float) -> None:
    spec = BoxSpec(None, 256 * MIB, 1, 64, 48 * MIB, SIZE, 1, ttl_s, {"chorus.test": mark})
    sandbox = BwrapSandbox()
    await sandbox.probe(None)
    say("opening")
    async with sandbox.open(spec) as box:
        say("opened")
        await box.put(source())
        say("filled")
        daemon = f"trap '' TERM HUP; : {mark}; echo running; while :; do sleep 0.1; done"
        await box.run(BoxCommand(("sh", "-c", f": {mark}; id -u; ls big"), {}, 30, MIB), listen)
        say("ran")
        with in_memory() as into:
            await box.collect(into, max_bytes=64 * MIB)
        say("collected")
        if ttl_s < 60 or "stay" in sys.argv:
            background = ("sh", "-c", f'setsid sh -c "$0" & sh -c "$0" {mark}', daemon)
            await box.run(BoxCommand(background, {}, 60, MIB), listen)
    say("closed")


if __name__ == "__main__":
    trio.run(main, sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 120.0)
