"""What peers that follow a node hear, and when: one change at once, those of a burst together."""

import pytest
import trio
from trio.testing import MockClock

from chorus_hooks.wire.lines import Lines
from chorus_members.desk import TOGETHER_S
from chorus_members.message import rumour_of
from chorus_members.talk import PROTOCOL, Talk
from tests.unit.members.cards import claim
from tests.unit.members.site import key, site
from tests.unit.members.test_hostile import mallory


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, MockClock]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def test_a_change_is_told_at_once_and_a_burst_of_them_together() -> None:
    async with site() as here, mallory(here) as teller, trio.open_nursery() as nursery:
        mesh = here.network.mesh(key(8).peer_id)
        lines = Lines(mesh, PROTOCOL, accuse=lambda peer_id, why: None)
        await nursery.start(lines.run)
        await mesh.dial(teller.victim.mesh.addresses[0])
        async with Talk(lines).follow(teller.victim.peer_id) as news:
            told: list[int] = []
            began = trio.current_time()
            for number in range(20, 30):
                await teller.tell(rumour_of(claim(number), 0))
            burst = trio.current_time() - began
            assert burst < TOGETHER_S, "this network is too slow for the test"
            while sum(told) < 10:
                told.append(len(await anext(news)))
        nursery.cancel_scope.cancel()
    assert told == [1, 9]
