"""The check of the key: it is still ours alone."""

from pathlib import Path
from typing import Any

import pytest

from chorus_hooks.errors import Refused
from chorus_hooks.health import Finding
from chorus_hooks.identity import Identity
from chorus_hooks.node import Node
from chorus_identity.check import identity_check
from chorus_identity.service import KEY_FILE, serve
from tests.unit.identity.test_identity_plugin import _Node


class Given:
    def __init__(self, identity: Identity, node: Node) -> None:
        self._given: dict[Any, object] = {Identity: identity, Node: node}

    def get(self, kind: type[Any]) -> Any:
        return self._given[kind]


async def test_a_key_that_is_ours_alone_is_fine_and_one_that_others_read_is_not(tmp_path: Path) -> None:
    node = _Node(tmp_path)
    async with serve(node) as identity:
        given = Given(identity, node)
        fine = await identity_check().probe(given)
        assert (fine.status, identity.peer_id in fine.text) == ("ok", True)
        (tmp_path / KEY_FILE).chmod(0o640)
        with pytest.raises(Refused, match=r"open to other users \(mode 0640\)") as caught:
            await identity_check().probe(given)
        assert f"chmod 600 {tmp_path / KEY_FILE}" in caught.value.hint
        (tmp_path / KEY_FILE).unlink()
        with pytest.raises(Refused, match="is gone"):
            await identity_check().probe(given)


async def test_a_key_that_signs_nonsense_is_told(tmp_path: Path) -> None:
    class Wrong:
        peer_id, public_key = "12D3", b""

        def sign(self, message: bytes) -> bytes:
            return b""

        def verify(self, peer_id: str, message: bytes, signature: bytes) -> bool:
            return False

    node = _Node(tmp_path)
    async with serve(node):
        finding = await identity_check().probe(Given(Wrong(), node))
    assert finding == Finding(
        "failed", "the key signs what it cannot verify", f"restore {tmp_path / KEY_FILE} from a copy"
    )
