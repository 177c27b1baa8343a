"""Dialling: whom it reaches, and the ways in which it fails."""

import pytest
import trio

from chorus.testing.mesh.bench import (
    ECHO,
    PATIENCE_S,
    Start,
    cluster,
    echo,
    echoes,
    exactly,
    join,
    until_up,
    within,
)
from chorus_hooks.errors import Unreachable, UsageError


class DiallingPromises:
    """What `Mesh.dial` and `Mesh.addresses` promise."""

    async def test_each_address_can_be_dialled_and_names_the_peer(self, start: Start) -> None:
        """None of them is an unspecified one, which leads nobody anywhere."""
        async with start() as one, start() as other:
            assert other.addresses
            for address in other.addresses:
                assert address.endswith(f"/p2p/{other.peer_id}")
                assert "/0.0.0.0/" not in address
                assert "/::/" not in address
                assert await within(one.dial(address)) == other.peer_id

    async def test_an_address_without_the_peer_tells_whom_it_reached(self, start: Start) -> None:
        """As a bootstrap address does."""
        async with start() as one, start() as other:
            bare = other.addresses[0].removesuffix(f"/p2p/{other.peer_id}")
            assert await within(one.dial(bare)) == other.peer_id

    async def test_a_peer_that_is_linked_is_left_as_it_is(self, start: Start) -> None:
        """A stream that was open before goes on."""
        async with cluster(start, 2) as (one, other):
            stream = await within(one.open(other.peer_id, ECHO))
            assert await within(one.dial(other.addresses[0])) == other.peer_id
            await stream.send(b"still here")
            assert await exactly(stream, 10) == b"still here"

    async def test_both_ends_may_dial_at_once(self, start: Start) -> None:
        """Whichever wins, streams work both ways."""
        async with start() as one, start() as other:
            for mesh in (one, other):
                mesh.serve(ECHO, echo)
            with trio.fail_after(PATIENCE_S):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(one.dial, other.addresses[0])
                    nursery.start_soon(other.dial, one.addresses[0])
            for mesh, peer in ((one, other), (other, one)):
                async with mesh.links() as links:
                    await until_up(links, peer.peer_id)
                await echoes(mesh, peer)

    async def test_nobody_at_an_address_is_unreachable(self, start: Start) -> None:
        """A node was there, and is gone."""
        async with start() as one:
            async with start() as gone:
                address = gone.addresses[0]
            with pytest.raises(Unreachable):
                await within(one.dial(address))

    async def test_a_node_that_was_not_there_can_be_dialled_once_it_is(self, start: Start) -> None:
        """A dial that failed is no reason to fail the next one."""
        async with start() as one, start() as other:
            wrong = other.addresses[0].replace(other.peer_id, one.peer_id)
            for _ in range(2):
                with pytest.raises(Unreachable):
                    await within(one.dial(wrong))
            assert await within(one.dial(other.addresses[0])) == other.peer_id

    async def test_another_peer_than_the_address_says_is_unreachable(self, start: Start) -> None:
        """And it gets no link."""
        async with start() as one, start() as other, start() as third:
            lie = other.addresses[0].replace(other.peer_id, third.peer_id)
            with pytest.raises(Unreachable):
                await within(one.dial(lie))
            async with one.links() as links:
                await join(one, third)
                link = await within(anext(links))
            assert link.peer_id == third.peer_id  # the first one that there ever was

    async def test_its_own_address_reaches_itself_and_gets_no_link(self, start: Start) -> None:
        """A node is not its own peer, and whoever has it in a list learns that it need not be dialled."""
        async with start() as one, start() as other:
            for address in (one.addresses[0], one.addresses[0].partition("/p2p/")[0]):
                assert await within(one.dial(address)) == one.peer_id
            async with one.links() as links:
                await join(one, other)
                link = await within(anext(links))
            assert link.peer_id == other.peer_id  # the first one that there ever was

    async def test_its_own_address_with_another_peer_is_unreachable(self, start: Start) -> None:
        """As with any other address."""
        async with start() as one, start() as other:
            with pytest.raises(Unreachable):
                await within(one.dial(one.addresses[0].replace(one.peer_id, other.peer_id)))

    @pytest.mark.parametrize(
        "address",
        ["", "nonsense", "10.0.0.1:9000", "/ip4/300.0.0.1/tcp/9000", "/ip4/10.0.0.1/tcp/99999", "/ip4"],
    )
    async def test_an_address_that_cannot_be_read_is_a_wrong_usage(self, start: Start, address: str) -> None:
        """Whoever typed it is told, and nobody waits."""
        async with start() as one:
            with pytest.raises(UsageError):
                await within(one.dial(address))

    async def test_a_peer_that_does_not_know_the_secret_gets_no_link(self, start: Start) -> None:
        """In either direction, and without waiting for ever."""
        async with (
            cluster(start, 2) as (one, other),
            start(b"another secret of the same size.") as stranger,
            one.links() as links,
            stranger.links() as theirs,
        ):
            assert (await within(anext(links))).peer_id == other.peer_id
            with pytest.raises(Unreachable):
                await within(stranger.dial(one.addresses[0]))
            with pytest.raises(Unreachable):
                await within(one.dial(stranger.addresses[0]))
            await one.hang_up(other.peer_id)
            assert (await within(anext(links))).peer_id == other.peer_id
            with trio.move_on_after(0.1) as nothing:
                await anext(theirs)
            assert nothing.cancelled_caught
