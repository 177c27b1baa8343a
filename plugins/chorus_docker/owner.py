"""Which containers are ours: those of one user's state dir on one machine, whichever engine they run on."""

import hashlib
import os
import socket
from pathlib import Path


def owner_of(state_dir: Path | None) -> str:
    """16 hex digits. `None` is the default state dir of this user."""
    machine = Path("/etc/machine-id")
    where = machine.read_text().strip() if machine.is_file() else socket.gethostname()
    home = os.environ.get("XDG_STATE_HOME", "")
    what = f"{where}\0{os.getuid()}\0{state_dir or home}"
    return hashlib.sha256(what.encode(errors="surrogateescape")).hexdigest()[:16]
