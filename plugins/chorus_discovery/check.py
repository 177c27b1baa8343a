"""The check `mdns`: whether nodes on this LAN could find each other by themselves."""

import trio

from chorus_discovery.multicast import usable_addresses
from chorus_discovery.settings import MDNS_ENABLED
from chorus_hooks.health import Check, Finding
from chorus_hooks.service import Capabilities
from chorus_hooks.setting import Config

CURE = "let peers find this one by CHORUS_JOIN or CHORUS_BOOTSTRAP_PEERS, and set CHORUS_MDNS_ENABLED=false"


def mdns_check(config: Config) -> Check:
    """Sends one packet to a multicast group of this machine, on each interface."""

    async def probe(_: Capabilities) -> Finding:
        if not config[MDNS_ENABLED]:
            await trio.lowlevel.checkpoint()
            return Finding("ok", "off: peers on this LAN are not looked for")
        usable = await trio.to_thread.run_sync(usable_addresses, abandon_on_cancel=True)
        if not usable:
            return Finding(
                "warning", "multicast works on no interface: peers on this LAN are not found", CURE
            )
        return Finding("ok", f"multicast works on {', '.join(usable)}")

    return Check("mdns", probe, every=300.0)
