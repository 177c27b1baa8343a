"""A mesh in a process of its own: prints its address, and gives back what it is sent."""

import sys

import trio

from chorus_hooks.mesh import Stream
from tests.integration.libp2p.nodes import mesh


async def echo(stream: Stream) -> None:
    while data := await stream.receive():
        await stream.send(data)


async def main(secret: str) -> None:
    async with mesh(secret=secret) as one:
        one.serve("/test/echo/1", echo)
        print(one.addresses[0], flush=True)
        await trio.sleep_forever()


if __name__ == "__main__":
    trio.run(main, sys.argv[1])
