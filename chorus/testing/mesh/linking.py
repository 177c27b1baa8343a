"""Links: what came up and went down, each change once and in order."""

import trio

from chorus.testing.mesh.bench import PATIENCE_S, Start, cluster, join, until_down, until_up, within


class LinkingPromises:
    """What `Mesh.links` and `Mesh.hang_up` promise."""

    async def test_both_ends_see_a_link_and_which_of_them_dialled(self, start: Start) -> None:
        """And where the other one is, as seen from here."""
        async with start() as one, start() as other, one.links() as ours, other.links() as theirs:
            await within(one.dial(other.addresses[0]))
            here, there = await within(anext(ours)), await within(anext(theirs))
        assert (here.peer_id, here.up, here.dialled) == (other.peer_id, True, True)
        assert (there.peer_id, there.up, there.dialled) == (one.peer_id, True, False)
        assert other.addresses[0].startswith(here.address.removesuffix(f"/p2p/{other.peer_id}"))
        assert there.address.startswith("/ip")

    async def test_links_that_are_up_come_first(self, start: Start) -> None:
        """Each peer once."""
        async with cluster(start, 3) as (one, *others), one.links() as links:
            seen = [await within(anext(links)) for _ in others]
        assert all(link.up for link in seen)
        assert sorted(link.peer_id for link in seen) == sorted(mesh.peer_id for mesh in others)

    async def test_every_change_is_told_in_order(self, start: Start) -> None:
        """A reader that is late sees each of them."""
        async with start() as one, start() as other, one.links() as links:
            for _ in range(3):
                await join(one, other)
                async with other.links() as theirs:
                    await one.hang_up(other.peer_id)
                    await until_down(theirs, one.peer_id)
            changes = [(await within(anext(links))).up for _ in range(6)]
        assert changes == [True, False, True, False, True, False]

    async def test_two_connections_to_a_peer_are_one_link(self, start: Start) -> None:
        """As there may be when both ends dial at once: it comes up once, and goes down once."""
        async with start() as one, start() as other, one.links() as links:
            with trio.fail_after(PATIENCE_S):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(one.dial, other.addresses[0])
                    nursery.start_soon(other.dial, one.addresses[0])
            async with other.links() as theirs:
                await until_up(theirs, one.peer_id)
                await one.hang_up(other.peer_id)
                await until_down(theirs, one.peer_id)
            await join(one, other)
            changes = [(await within(anext(links))).up for _ in range(3)]
        assert changes == [True, False, True]

    async def test_everybody_who_watches_sees_it(self, start: Start) -> None:
        """The same of it."""
        async with start() as one, start() as other, one.links() as first, one.links() as second:
            await join(one, other)
            assert await within(anext(first)) == await within(anext(second))

    async def test_dialling_again_is_no_change(self, start: Start) -> None:
        """From either end."""
        async with cluster(start, 2) as (one, other), one.links() as links:
            await until_up(links, other.peer_id)
            await within(one.dial(other.addresses[0]))
            await within(other.dial(one.addresses[0]))
            await one.hang_up(other.peer_id)
            assert not (await within(anext(links))).up

    async def test_hanging_up_is_seen_at_both_ends(self, start: Start) -> None:
        """Soon, not after a timeout."""
        async with cluster(start, 2) as (one, other), one.links() as ours, other.links() as theirs:
            await one.hang_up(other.peer_id)
            await until_down(ours, other.peer_id)
            await until_down(theirs, one.peer_id)

    async def test_hanging_up_where_there_is_no_link_does_nothing(self, start: Start) -> None:
        """A dial works afterwards."""
        async with start() as one, start() as other:
            await within(one.hang_up(other.peer_id))
            await join(one, other)

    async def test_either_end_can_dial_again_at_once(self, start: Start) -> None:
        """Nothing is held against a peer that was hung up on, or that hung up."""
        async with cluster(start, 2) as (one, other):
            for dialler, dialled in ((other, one), (one, other)):
                async with dialler.links() as links:
                    await one.hang_up(other.peer_id)
                    await until_down(links, dialled.peer_id)
                    await within(dialler.dial(dialled.addresses[0]))
                    await until_up(links, dialled.peer_id)

    async def test_a_node_that_ends_is_seen_to_go(self, start: Start) -> None:
        """Its peers need not ask."""
        async with start() as one, one.links() as links:
            async with start() as other:
                await join(one, other)
                await until_up(links, other.peer_id)
                peer_id = other.peer_id
            await until_down(links, peer_id)
