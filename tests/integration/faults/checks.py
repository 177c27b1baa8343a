"""What a node says about its own health."""

from typing import Any

from contrib.bench.rig.node import Node


def check(node: Node, name: str) -> dict[str, Any]:
    """The newest finding of one check: its status and text."""
    with node.health() as health:
        found = [one for one in health.get("/health/checks").json["checks"] if one["name"] == name]
    assert len(found) == 1, f"{name}: {found}"
    (one,) = found
    return {**one, **one.get("finding", {})}


def ready(node: Node) -> bool:
    """Whether the node says that it should be given work."""
    with node.health() as health:
        return health.get("/health/ready").status == 200
