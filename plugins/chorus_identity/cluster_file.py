"""Which cluster a state dir belongs to: the first secret that it was given, or made, and no other one.

It is kept as a join token, whose checksum makes damage visible; with it come the addresses that it named, so
that a node which joined and reached nobody yet can be started without the token.
"""

from pathlib import Path
from typing import Final

from chorus_hooks.errors import ConfigError, Refused
from chorus_hooks.setting import Config
from chorus_identity.cluster_secret import new_secret
from chorus_identity.join_token import LONGEST, JoinToken, decode_token, encode_token
from chorus_identity.private_file import PrivateFile
from chorus_identity.settings import CLUSTER_SECRET, JOIN

FILE: Final = PrivateFile(
    noun="the cluster secret",
    limit=LONGEST + 1,  # and a line end
    exposed="all nodes of the cluster need another one",
    failpoints="cluster",
)


def wanted(config: Config) -> JoinToken | None:
    """What the settings ask for. Raises ConfigError when they name two clusters."""
    token, secret = config[JOIN], config[CLUSTER_SECRET]
    if token is None:
        return JoinToken(secret) if secret else None
    if secret and secret != token.secret:
        raise ConfigError(
            f"{JOIN.name} and {CLUSTER_SECRET.name} name two different clusters",
            hint=f"unset one of them: the token of {JOIN.name} carries the secret",
        )
    return token


def load_or_create(path: Path, scratch: Path, wanted: JoinToken | None) -> JoinToken:
    """The cluster of the state dir; the first time `wanted`, or a new one, becomes that.

    The addresses of `wanted` win over those on disk. Blocks on the disk. Raises Refused, with the cure, when
    the state dir belongs to another cluster, or its file is open to others, damaged, or cannot be used.
    """
    first = wanted or JoinToken(new_secret())
    kept = _decoded(path, FILE.read_or_make(path, scratch, lambda: encode_token(first).encode() + b"\n"))
    if wanted is None:
        return kept
    if wanted.secret != kept.secret:
        raise Refused(
            f"the state dir {path.parent} belongs to another cluster than the one that the settings name",
            hint=f"use another --state-dir; or unset {JOIN.name} and {CLUSTER_SECRET.name} to stay in its"
            f" cluster, or move {path} away to leave it for good",
        )
    return JoinToken(kept.secret, wanted.addresses or kept.addresses)


def _decoded(path: Path, content: bytes) -> JoinToken:
    try:
        return decode_token(content.decode("ascii"))
    except ValueError:
        raise Refused(
            f"the cluster secret {path} is damaged",
            hint="restore it from a copy, or move it away and join again with a token of `chorus join-token`",
        ) from None
