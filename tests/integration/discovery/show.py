"""Shows itself on the LAN by an address, and prints the address of whom it heard of its cluster."""

import sys

import trio

from chorus_discovery.advert import Advert, advertised
from chorus_discovery.mdns import on_the_lan


async def main(peer_id: str, tag: str, ip: str) -> None:
    heard = trio.Event()

    def found(advert: Advert) -> None:
        if not heard.is_set():
            print(advert.addresses[0], flush=True)
        heard.set()

    shown = advertised([f"/ip4/{ip}/tcp/9000"])
    with trio.fail_after(30):
        async with on_the_lan(Advert(peer_id, tag, "0.1.0", shown), found):
            print("shown", flush=True)
            await heard.wait()
            await trio.to_thread.run_sync(sys.stdin.read)  # until the other one heard us, too


trio.run(main, sys.argv[1], sys.argv[2], sys.argv[3])
