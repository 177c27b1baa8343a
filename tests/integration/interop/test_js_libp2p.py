"""A peer that shares no code with CHORUS: it knows the secret, connects, pings, and gossips both ways."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus_hooks.wire.envelope import Envelope, decode
from chorus_identity.cluster import SecretCluster
from chorus_identity.join_token import JoinToken
from chorus_journal.replica.gossip import TYPE
from chorus_journal.replica.message import TOPIC
from chorus_libp2p.service import PURPOSE
from contrib.bench.rig.mesh import mesh
from contrib.bench.rig.node import Node
from tests.integration.interop.js import js_peer, needed

pytestmark = pytest.mark.slow


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    needed()
    with mesh(tmp_path, 1) as made:
        yield made.nodes[0].start()


def key(secret: str) -> str:
    return SecretCluster(JoinToken(secret, ())).key(PURPOSE).hex()


def test_a_js_libp2p_peer_connects_pings_and_exchanges_signed_messages(node: Node) -> None:
    address = node.where["p2p"][0]
    with js_peer(key(node.environment["CHORUS_CLUSTER_SECRET"])) as js:
        link = js.do("dial", address=address)
        assert (link["encryption"], link["muxer"]) == ("/noise", "/yamux/1.0.0")
        assert js.do("ping", address=address)["ms"] >= 0

        js.do("subscribe", topic=TOPIC)
        js.until(lambda: link["peer"] in js.do("subscribers", topic=TOPIC)["peers"])
        with node.client() as client:
            assert client.submit("true").status < 300
        js.until(lambda: bool(js.messages))
        first = js.messages[0]
        assert (first["type"], first["from"]) == ("signed", link["peer"])
        assert decode(first["data"].encode(), link["peer"]).type == TYPE

        hint = Envelope(TYPE, js.peer_id, 1, 1, {"head": json.loads(first["data"])["data"]["head"]})
        assert js.do("publish", topic=TOPIC, data=hint.encode().decode())["recipients"] == [link["peer"]]
        # Its signature holds, and what it signed is read: the head in it is of another's journal.
        told = f"{js.peer_id} published what is no hint: it is not about the sender's own journal"
        js.until(lambda: told in node.log.read_text())


def test_a_js_libp2p_peer_with_another_secret_is_not_let_in(node: Node) -> None:
    with js_peer("ab" * 32) as js, pytest.raises(AssertionError, match="error"):
        js.do("dial", address=node.where["p2p"][0])
