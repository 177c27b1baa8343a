"""Peers that know the secret and behave badly: named, limited, kept out, and harmless to the rest."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import pytest
import trio
from trio.testing import MockClock

from chorus.testing.memory import MemoryMesh
from chorus_hooks.errors import ChorusError, Unreachable, UsageError
from chorus_hooks.wire.answering import Call
from chorus_hooks.wire.lines import Lines
from chorus_members.card import seal
from chorus_members.claim import claim_of
from chorus_members.message import News, Ping, Rumour, Tell, encode, rumour_of
from chorus_members.talk import PROTOCOL
from tests.unit.members.cards import card, claim
from tests.unit.members.site import Running, Site, key, site

MALLORY = 7


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, MockClock]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


@dataclass
class Mallory:
    """A peer that says whatever a test wants, to the first node of a site."""

    mesh: MemoryMesh
    lines: Lines
    victim: Running

    async def ask(self, raw: bytes) -> bytes:
        return await self.lines.ask(self.victim.peer_id, raw, within=3)

    async def tell(self, *rumours: Rumour) -> None:
        with suppress(Unreachable):  # it hangs up on what it does not like
            await self.ask(encode(Tell(rumours=rumours)))

    def linked(self) -> bool:
        return self.mesh.is_linked(self.victim.peer_id)

    async def dial(self) -> None:
        await self.mesh.dial(self.victim.mesh.addresses[0])


@asynccontextmanager
async def mallory(here: Site, size: int = 2) -> AsyncIterator[Mallory]:
    await here.mesh(size)
    mesh = here.network.mesh(key(MALLORY).peer_id)
    lines = Lines(mesh, PROTOCOL, accuse=lambda peer_id, why: None)
    async with trio.open_nursery() as nursery:
        await nursery.start(lines.run)
        bad = Mallory(mesh, lines, here.nodes[1])
        await bad.dial()
        yield bad
        nursery.cancel_scope.cancel()


@pytest.mark.parametrize(
    "raw",
    [
        b"not json",
        b"{}",
        b'{"type": "probe"}',
        b'{"type": "tell", "rumours": [7]}',
        b"[" * 3000,
        json.dumps({"type": "fetch", "peer_ids": ["a"] * 1000}).encode(),
        b"\xff" * 100_000,
    ],
)
async def test_nonsense_is_answered_with_a_no_and_a_ban(raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    async with site() as here, mallory(here) as bad:
        with pytest.raises((UsageError, Unreachable)):
            await bad.ask(raw)
        await here.until(lambda: not bad.linked())
        assert f"{bad.mesh.peer_id} broke the protocol" in caplog.text
        assert here.whole()


async def test_a_request_that_is_too_long_is_not_read(caplog: pytest.LogCaptureFixture) -> None:
    async with site() as here, mallory(here) as bad:
        with pytest.raises(ChorusError):
            await bad.ask(b"x" * 300_000)
        await here.until(lambda: not bad.linked())
        assert "broke the protocol" in caplog.text


async def test_a_request_of_a_later_version_is_refused_and_no_offence() -> None:
    async with site() as here, mallory(here) as bad:
        with pytest.raises(UsageError, match="does not know"):
            await bad.ask(b'{"type": "lineage"}')
        assert bad.linked()
        assert await bad.ask(encode(Ping())) == b'{"own":null,"against":null}'


async def test_a_banned_peer_cannot_come_back_before_its_time() -> None:
    async with site() as here, mallory(here) as bad:
        began = trio.current_time()
        for _ in range(2):
            with pytest.raises(ChorusError):
                await bad.ask(b"nonsense")
            await here.until(lambda: not bad.linked())
        while trio.current_time() - began < 8:
            with suppress(Unreachable):
                await bad.dial()
            await trio.sleep(0.2)
            assert not bad.linked()
        await here.until(lambda: trio.current_time() - began > 10.5)
        await bad.dial()
        await trio.sleep(0.2)
        assert bad.linked()


async def test_a_card_that_its_peer_did_not_sign_is_not_believed_and_its_bringer_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with site() as here, mallory(here) as bad:
        other = here.nodes[2].peer_id
        forged = seal(card(2, 10**15, agent_id="forged", left=True), key(MALLORY).sign)
        await bad.tell(rumour_of(claim_of(forged), 0))
        found = bad.victim.members.find(other)
        assert found is not None
        assert (found.agent_id, found.state) == ("agent-2", "alive")
        assert f"{bad.mesh.peer_id} broke the protocol" in caplog.text


async def test_nobody_can_say_for_another_that_it_left() -> None:
    async with site() as here, mallory(here) as bad:
        entry = claim(3, 5)
        made = rumour_of(entry, 0)
        await bad.tell(Rumour(card=made.card, signature=made.signature, state="left"))
        assert bad.victim.members.find(entry.peer_id) is None


async def test_a_lie_that_a_living_peer_is_dead_is_not_believed() -> None:
    async with site() as here, mallory(here, size=3) as bad:
        target = here.nodes[2]
        told = [len(node.heard.members) for node in here.nodes.values()]
        (genuine,) = await news_of(bad, target.peer_id)
        for _ in range(3):
            await bad.tell(Rumour(card=genuine.card, signature=genuine.signature, state="dead"))
            await trio.sleep(0.5)
        await here.until(here.whole)
        assert [len(node.heard.members) for node in here.nodes.values()] == told


async def test_what_is_replayed_says_nothing() -> None:
    async with site() as here, mallory(here) as bad:
        target = here.nodes[2]
        (before,) = await news_of(bad, target.peer_id)
        here.kill(2)
        await here.start(2, know=bad.victim.mesh.addresses)
        await here.until(here.whole)
        told = len(bad.victim.heard.members)
        for state in ("alive", "dead"):
            await bad.tell(Rumour(card=before.card, signature=before.signature, state=state))
        assert here.whole()
        assert len(bad.victim.heard.members) == told


async def test_ten_thousand_messages_a_second_are_read_slowly(caplog: pytest.LogCaptureFixture) -> None:
    async with site() as here, mallory(here) as bad:
        began, answered = trio.current_time(), 0

        async def flood() -> None:
            nonlocal answered
            while True:
                await bad.lines.ask(bad.victim.peer_id, encode(Ping()), within=600)
                answered += 1

        async with trio.open_nursery() as nursery:
            for _ in range(32):
                nursery.start_soon(flood)
            await trio.sleep(10)
            nursery.cancel_scope.cancel()
        assert answered < 250 * (trio.current_time() - began)
        assert "sends too much" in caplog.text
        assert here.whole()


async def test_endless_news_is_read_slowly() -> None:
    async with site() as here, mallory(here) as bad:
        sent = 0

        async def chatter(call: Call) -> bytes:
            nonlocal sent
            while b'"follow"' in call.request and sent < 3000:
                await call.send(encode(News(rumours=(rumour_of(claim(MALLORY, sent), 0),))))
                sent += 1
            return b"{}"  # nothing differs, and it answers

        bad.lines.serve(chatter, rate=1e9)
        here.network.cut(bad.mesh.peer_id, bad.victim.peer_id)
        await bad.dial()
        began, before = trio.current_time(), sent
        await trio.sleep(5)
        assert 0 < sent - before < 150 * (trio.current_time() - began)
        assert bad.victim.states()[here.nodes[2].peer_id] == "alive"


async def test_a_swarm_of_invented_peers_fills_nothing() -> None:
    async with site() as here, mallory(here) as bad:
        bad.victim.members._engine.view.roster._most = 8
        made = [claim_of(seal(card(number, 1, addresses=()), key(number).sign)) for number in range(100, 130)]
        for one in made:
            await bad.tell(rumour_of(one, 0))
        assert len(bad.victim.members.all()) == 7
        assert bad.victim.members.find(here.nodes[2].peer_id) is not None


async def test_a_peer_that_answers_pings_with_nonsense_is_out(caplog: pytest.LogCaptureFixture) -> None:
    async with site() as here, mallory(here) as bad:

        async def nonsense(call: Call) -> bytes:
            return b'{"own": 7}'

        bad.lines.serve(nonsense)
        await bad.tell(rumour_of(claim(MALLORY, 1), 0))
        await here.until(lambda: not bad.linked(), 20)
        assert f"{bad.mesh.peer_id} broke the protocol" in caplog.text


async def test_a_peer_that_speaks_no_word_of_this_is_left_alone() -> None:
    async with site() as here, mallory(here) as bad:
        await trio.sleep(120)
        assert bad.linked()
        assert bad.victim.members.find(bad.mesh.peer_id) is None


async def test_one_that_breaks_another_protocol_is_out_too(caplog: pytest.LogCaptureFixture) -> None:
    async with site() as here, mallory(here) as bad:
        bad.victim.members.accuse(bad.mesh.peer_id, "journal: a forged proof")
        bad.victim.members.accuse(bad.mesh.peer_id, "journal: a forged proof")
        await here.until(lambda: not bad.linked())
        assert caplog.text.count("journal: a forged proof") == 1
        assert "stays out for 10 s" in caplog.text


async def news_of(bad: Mallory, peer_id: str) -> list[Rumour]:
    raw = await bad.ask(json.dumps({"type": "fetch", "peer_ids": [peer_id]}).encode())
    rumours = json.loads(raw)["rumours"]
    assert all(base64.b64decode(one["signature"]) for one in rumours)
    return [Rumour(**one) for one in rumours]
