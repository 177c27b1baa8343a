"""The conformance suite of `chorus_hooks.mesh` and `chorus_hooks.records`: what every mesh promises.

Subclass `MeshConformance` in a test module and give it one fixture, which starts nodes:

    class TestMine(MeshConformance):
        @pytest.fixture
        def start(self) -> Start:
            @asynccontextmanager
            async def start(secret: bytes = SECRET) -> AsyncIterator[Mesh]:
                async with my_mesh(new_identity(), secret) as mesh:
                    yield mesh
            return start

Each is a node with an identity of its own that others can dial; leaving the context ends it. Nodes with
the same secret are one mesh. The tests use the real clock: they wait up to PATIENCE_S for what must happen,
and do not wait for what must not where something later shows it.
"""

from chorus.testing.mesh.bench import PATIENCE_S, SECRET, Start, cluster
from chorus.testing.mesh.dialling import DiallingPromises
from chorus.testing.mesh.linking import LinkingPromises
from chorus.testing.mesh.publishing import PublishingPromises
from chorus.testing.mesh.recording import RecordingPromises
from chorus.testing.mesh.serving import ServingPromises
from chorus.testing.mesh.streaming import StreamingPromises


class MeshConformance(
    DiallingPromises,
    LinkingPromises,
    ServingPromises,
    StreamingPromises,
    PublishingPromises,
    RecordingPromises,
):
    """Every promise. A test is named after what holds."""


__all__ = ["PATIENCE_S", "SECRET", "MeshConformance", "Start", "cluster"]
