"""What peers that follow are told: the newest, once, and not what they said themselves."""

import pytest
import trio
import trio.testing

from chorus_members.claim import Claim
from chorus_members.followers import Followers
from chorus_members.message import Rumour, rumour_of
from tests.unit.members.cards import claim


@pytest.fixture
def anyio_backend() -> str:
    return "trio"


def held(*claims: Claim) -> dict[str, tuple[Claim, Rumour]]:
    return {made.peer_id: (made, rumour_of(made, 0)) for made in claims}


async def test_a_follower_is_told_the_newest_and_once() -> None:
    followers = Followers()
    with followers.joined("f") as follower:
        for incarnation in (1, 2, 3):
            followers.changed(claim(2, incarnation))
        ((told,),) = await follower.next(held(claim(2, 3)).get)
        assert told == rumour_of(claim(2, 3), 0)
        followers.changed(claim(2, 3))
        with trio.move_on_after(0.01) as patience:
            await follower.next(held(claim(2, 3)).get)
        assert patience.cancelled_caught


async def test_nobody_is_told_what_it_said_itself() -> None:
    followers = Followers()
    with followers.joined("f") as follower, followers.joined("g") as other:
        followers.knows("f", claim(2, 3))
        followers.changed(claim(2, 3))
        assert await other.next(held(claim(2, 3)).get)
        with trio.move_on_after(0.01) as patience:
            await follower.next(held(claim(2, 3)).get)
        assert patience.cancelled_caught


async def test_one_that_follows_again_takes_the_place_of_its_first_stream() -> None:
    followers = Followers()
    with followers.joined("f") as first, followers.joined("f") as second:
        assert first.scope.cancel_called
        assert not second.scope.cancel_called
        followers.changed(claim(2))
        assert await second.next(held(claim(2)).get)
