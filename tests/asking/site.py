"""Makes the stand-in findable: a directory for PYTHONPATH, with an entry point and nothing else."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from tests.no_mesh import NO_MESH

ENVIRONMENT: Final[Mapping[str, str]] = {"CHORUS_PLUGINS_DISABLED": f"executor,{NO_MESH}"}
"""The stand-in takes the executor's place."""


def install(site: Path) -> Path:
    folder = site / "chorus_asking-0.0.0.dist-info"
    folder.mkdir(parents=True)
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: chorus-asking\nVersion: 0.0.0\n")
    (folder / "entry_points.txt").write_text("[chorus]\nasking = tests.asking.plugin\n")
    return site
