"""How a node of `chorus up` is called, and with what environment. Pure but for asking how we were called."""

import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from chorus.local_mesh.place import Place

OWN: Final = (
    "CHORUS_STATE_DIR",
    "CHORUS_CLUSTER_SECRET",
    "CHORUS_JOIN",
    "CHORUS_URL",
    "CHORUS_BOOTSTRAP_PEERS",
)
"""What each node gets anew."""
PORTS: Final = ("CHORUS_API_PORT", "CHORUS_HEALTH_PORT", "CHORUS_P2P_PORT")
"""One port cannot be had twice: the first node gets what is set, the others the next free ones."""


def command() -> list[str]:
    """`chorus agent`, as this very program: the one file that was called, or this interpreter's package."""
    called = sys.argv[0]
    if zipfile.is_zipfile(called):
        return [sys.executable, str(Path(called).absolute()), "agent"]
    return [
        sys.executable,
        "-P",
        "-m",
        "chorus",
        "agent",
    ]  # -P: a folder `chorus` here is none of our business


def environment(
    inherited: Mapping[str, str], place: Place, join: Path, peers: tuple[str, ...]
) -> dict[str, str]:
    """What a node is told; `join` is the file with the token, `peers` are the nodes that are up already."""
    told = {key: value for key, value in inherited.items() if key.removesuffix("_FILE") not in OWN}
    if place.name != "1":
        told = {key: value for key, value in told.items() if key not in PORTS or value == "0"}
    if given := inherited.get("CHORUS_AGENT_ID"):
        told["CHORUS_AGENT_ID"] = place.agent_id(given)
    named = [inherited.get("CHORUS_BOOTSTRAP_PEERS", ""), *peers]
    return told | {
        "CHORUS_STATE_DIR": str(place.state_dir),
        "CHORUS_JOIN_FILE": str(join),
        "CHORUS_BOOTSTRAP_PEERS": ",".join(filter(None, named)),
    }
