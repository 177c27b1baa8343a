"""The key on disk."""

from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chorus_hooks.errors import Refused
from chorus_identity.key_message import SIZE, decode_key, encode_key
from chorus_identity.private_file import PrivateFile

FILE: Final = PrivateFile(
    noun="the identity key",
    limit=SIZE,
    exposed="move it away and begin as another peer",
    failpoints="identity",
)


def load_or_create(path: Path, scratch: Path) -> Ed25519PrivateKey:
    """Read the key, or make it when there is none; of several processes that make one, one wins.

    `scratch` is a private directory on the same disk. Blocks on the disk. Raises Refused, with the cure,
    when the file is open to others, damaged, or cannot be read or written.
    """
    message = FILE.read_or_make(path, scratch, lambda: encode_key(Ed25519PrivateKey.generate()))
    try:
        return decode_key(message)
    except ValueError as error:
        raise Refused(
            f"the identity key {path} is damaged: {error}",
            hint="restore it from a copy; or move it and journal.db away, to begin anew as another peer",
        ) from error
