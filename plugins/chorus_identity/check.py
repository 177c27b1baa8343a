"""The check `identity`: the key file is still ours alone, and what the key signs is good."""

from pathlib import Path

import trio

from chorus_hooks.errors import Refused
from chorus_hooks.health import Check, Finding
from chorus_hooks.identity import Identity
from chorus_hooks.node import Node
from chorus_hooks.service import Capabilities
from chorus_identity.key_file import FILE
from chorus_identity.service import KEY_FILE

MESSAGE = b"chorus health check"


async def _probe(capabilities: Capabilities) -> Finding:
    path = capabilities.get(Node).state_dir / KEY_FILE
    await trio.to_thread.run_sync(_check_file, path, abandon_on_cancel=True)
    identity = capabilities.get(Identity)
    if not identity.verify(identity.peer_id, MESSAGE, identity.sign(MESSAGE)):
        return Finding("failed", "the key signs what it cannot verify", f"restore {path} from a copy")
    return Finding("ok", f"{identity.peer_id}, key in {path}")


def _check_file(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise Refused(
            f"the identity key {path} is gone: {error.strerror}",
            hint="put it back from a copy; after a restart this node would be another peer",
        ) from None
    FILE.check_mode(path, mode)


def identity_check() -> Check:
    """The key of a running node may be touched from outside, so it is looked at again."""
    return Check("identity", _probe, requires=(Identity, Node), every=300.0)
