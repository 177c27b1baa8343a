"""How a node is told which cluster it belongs to."""

from typing import Final

from chorus_hooks.setting import Setting
from chorus_identity.cluster_secret import RULE, parse_secret
from chorus_identity.join_token import JoinToken, decode_token

CLUSTER_SECRET: Final[Setting[str]] = Setting(
    "CHORUS_CLUSTER_SECRET",
    parse_secret,
    "",
    f"Who knows it is a peer: {RULE}, random. Default: made once, in cluster.secret in the state dir",
    secret=True,
)
JOIN: Final[Setting[JoinToken | None]] = Setting(
    "CHORUS_JOIN",
    decode_token,
    None,
    "What `chorus join-token` printed on another node: the secret of its cluster, and addresses",
    secret=True,
)
SETTINGS: Final = (CLUSTER_SECRET, JOIN)
