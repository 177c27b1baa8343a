"""Most tests start nodes that have no peers: libp2p would cost each 1.4 s of CPU and 45 MB."""

from typing import Final

NO_MESH: Final = "libp2p,members,discovery"
"""For CHORUS_PLUGINS_DISABLED. Tests of the mesh set another value."""
