"""The environment variables of the journal."""

from typing import Final

from chorus_hooks.quantity import parse_size
from chorus_hooks.setting import Setting

BLOB_QUOTA: Final[Setting[int]] = Setting(
    "CHORUS_BLOB_QUOTA",
    parse_size,
    20 << 30,
    "How much the blobs of the state dir (sources, outputs, artifacts) may take: 500m, 20g. Default: 20g",
)

REPLICA_QUOTA: Final[Setting[int]] = Setting(
    "CHORUS_REPLICA_QUOTA",
    parse_size,
    20 << 30,
    "How much the entries of other nodes' journals may take here: 500m, 20g. Default: 20g",
)
