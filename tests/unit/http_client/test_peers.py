"""The peers of a running node, as a command reads them."""

import json

import pytest

from chorus_hooks.errors import ChorusError
from chorus_hooks.members import JournalShare, Member, Peer
from chorus_hooks.peer_json import peer_json
from chorus_http.client.peers import RemotePeers
from tests.unit.http_client.scripted import Exchange, Script, node

PEER = Peer(
    Member("12D3KooWAda", "0" * 32, "ada", "agent", "1.0", (), "alive", 1_800_000_000.0, (), 0.5),
    JournalShare(3, 2),
)


def says(document: object) -> Script:
    async def script(exchange: Exchange) -> None:
        await exchange.say(200, json.dumps(document).encode(), content_type="application/json")

    return script


async def test_the_peers_are_read() -> None:
    async with node(says({"peers": [{**peer_json(PEER), "later": 1}], "more": 1})) as (scripted, connection):
        assert await RemotePeers(connection).list() == (PEER,)
    assert scripted.seen[0].target == "/api/v1/peers"


@pytest.mark.parametrize("document", [{}, {"peers": 7}, {"peers": [7]}, {"peers": [{"peer_id": "x"}]}])
async def test_an_answer_that_is_none_is_told_as_such(document: object) -> None:
    async with node(says(document)) as (_, connection):
        with pytest.raises(ChorusError, match="tells of no peers"):
            await RemotePeers(connection).list()
