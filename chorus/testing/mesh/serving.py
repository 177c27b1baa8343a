"""Serving: who answers a stream, and what becomes of a handler that fails."""

import pytest

from chorus.testing.mesh.bench import ECHO, Start, cluster, echoes, ended, exactly, until_down, within
from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Stream

FAILING = "/conformance/failing/1"
SPEAKING = "/conformance/speaking/1"


class ServingPromises:
    """What `Mesh.open` and `Mesh.serve` promise."""

    async def test_each_end_knows_the_other(self, start: Start) -> None:
        """By its peer id."""
        async with cluster(start, 2) as (one, other):

            async def introduce(stream: Stream) -> None:
                await stream.send(stream.peer_id.encode())

            other.serve(SPEAKING, introduce)
            stream = await within(one.open(other.peer_id, SPEAKING))
            assert stream.peer_id == other.peer_id
            assert await exactly(stream, len(one.peer_id)) == one.peer_id.encode()

    async def test_either_end_may_open(self, start: Start) -> None:
        """Whichever of them dialled."""
        async with cluster(start, 2) as (one, other):
            for mesh, peer in ((one, other), (other, one)):
                await echoes(mesh, peer)

    async def test_streams_have_tasks_of_their_own(self, start: Start) -> None:
        """Many at once, each with its own bytes; one that waits holds up no other."""
        async with cluster(start, 2) as (one, other):
            streams = [await within(one.open(other.peer_id, ECHO)) for _ in range(20)]
            for number, stream in reversed(list(enumerate(streams))):
                await stream.send(b"%02d" % number)
            for number, stream in enumerate(streams):
                assert await exactly(stream, 2) == b"%02d" % number

    async def test_a_peer_without_a_link_is_unreachable(self, start: Start) -> None:
        """Opening a stream dials nobody."""
        async with start() as one, start() as other:
            with pytest.raises(Unreachable):
                await within(one.open(other.peer_id, ECHO))

    async def test_a_protocol_that_the_peer_does_not_speak_is_unreachable(self, start: Start) -> None:
        """The link stays as it is."""
        async with cluster(start, 2) as (one, other):
            with pytest.raises(Unreachable):
                await within(one.open(other.peer_id, "/conformance/unknown/1"))
            await echoes(one, other)

    async def test_a_protocol_can_be_served_once_peers_are_linked(self, start: Start) -> None:
        """They need not hear of it first."""
        async with cluster(start, 2) as (one, other):
            other.serve(SPEAKING, _greet)
            stream = await within(one.open(other.peer_id, SPEAKING))
            assert await exactly(stream, 5) == b"hello"

    async def test_a_second_handler_is_refused(self, start: Start) -> None:
        """A mistake in the program."""
        async with start() as one:
            one.serve(SPEAKING, _greet)
            with pytest.raises(RuntimeError):
                one.serve(SPEAKING, _greet)

    async def test_a_stream_is_closed_when_its_handler_ends(self, start: Start) -> None:
        """The peer reads all that was sent, and then the end."""
        async with cluster(start, 2) as (one, other):
            other.serve(SPEAKING, _greet)
            stream = await within(one.open(other.peer_id, SPEAKING))
            assert await exactly(stream, 5) == b"hello"
            assert await within(stream.receive()) == b""

    async def test_a_handler_that_raises_ends_its_stream_only_and_is_logged(
        self, start: Start, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Another stream, and the next one of this protocol, work."""

        async def fail(stream: Stream) -> None:
            await stream.receive()
            raise ZeroDivisionError("planted by the suite")

        async with cluster(start, 2) as (one, other):
            other.serve(FAILING, fail)
            bystander = await within(one.open(other.peer_id, ECHO))
            for _ in range(2):
                stream = await within(one.open(other.peer_id, FAILING))
                await stream.send(b"x")
                await ended(stream)
            await bystander.send(b"alive")
            assert await exactly(bystander, 5) == b"alive"
        assert "planted by the suite" in caplog.text

    async def test_a_handler_whose_peer_went_away_ends_like_that_too(self, start: Start) -> None:
        """Unreachable out of a handler harms nobody."""
        async with cluster(start, 3) as (one, other, third):
            stream = await within(third.open(other.peer_id, ECHO))
            await stream.send(b"x")
            await exactly(stream, 1)
            async with other.links() as links:
                await third.hang_up(other.peer_id)
                await until_down(links, third.peer_id)
            await echoes(one, other)


async def _greet(stream: Stream) -> None:
    await stream.send(b"hello")
