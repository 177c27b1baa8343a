"""What a node tells others of itself, as far as it can be set."""

from typing import Final

from chorus_hooks.setting import Setting, names

CAPABILITIES: Final[Setting[tuple[str, ...]]] = Setting(
    "CHORUS_CAPABILITIES",
    names,
    (),
    "What this node can do, in words of your own, comma-separated: `chorus peers` shows them everywhere",
)
