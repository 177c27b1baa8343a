"""What of this machine a sandbox may read besides the system."""

from pathlib import Path

from chorus_hooks.setting import Setting, paths

BWRAP_RO: Setting[tuple[Path, ...]] = Setting(
    "CHORUS_BWRAP_RO",
    paths,
    (),
    "Directories, separated by `:`, that a bwrap sandbox may read: a venv, a toolchain under a home. "
    "Their bin directories go first on its PATH",
)
