"""Strangers and peers that do what nobody should: the node stays up, and its memory bounded."""

import contextlib
import logging
import struct
from typing import Any

import pytest
import trio
from libp2p.io.exceptions import ConnectionClosedError
from libp2p.peer.id import ID
from libp2p.pubsub.pb import rpc_pb2
from libp2p.utils.varint import encode_varint_prefixed

from chorus_hooks.errors import Unreachable
from chorus_hooks.mesh import Stream
from chorus_libp2p import accepting, barrier, host, muxer
from chorus_libp2p.mesh import Libp2pMesh
from chorus_libp2p.traffic import Traffic
from tests.integration.libp2p.nodes import WITHIN_S, identity, mesh, until
from tests.integration.libp2p.peer import echo
from tests.integration.libp2p.stranger import insider, tcp
from tests.integration.libp2p.test_links import echoed
from tests.integration.libp2p.test_topics import TOPIC, meshed

DATA, WINDOW, SYN = 0, 1, 1


def frame(kind: int, flags: int, stream: int, length: int, body: bytes = b"") -> bytes:
    return struct.pack("!BBHII", 0, kind, flags, stream, length) + body


async def works(node: Libp2pMesh) -> None:
    """It still takes peers, and answers them."""
    if "/test/echo/1" not in node._handlers:
        node.serve("/test/echo/1", echo)
    async with mesh() as friend:
        await friend.dial(node.addresses[0])
        with trio.fail_after(WITHIN_S):
            assert await echoed(friend, node.peer_id, b"hello") == b"hello"


@pytest.mark.parametrize(
    "said", [b"", b"\x13/multistream/1.0.0\n\x11/plaintext/2.0.0\n", b"GET / HTTP/1.1\r\n\r\n", bytes(70_000)]
)
async def test_a_stranger_is_closed_after_its_time(said: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host, "HANDSHAKE_S", 0.3)
    traffic = Traffic()
    async with mesh(traffic=traffic) as node:
        async with tcp(node) as stream:
            try:
                with trio.fail_after(WITHIN_S):
                    await stream.send_all(said)
                    while await stream.receive_some():
                        pass
            except trio.BrokenResourceError:
                pass
        assert len(node._links) == 0
        await until(lambda: traffic.refused["handshakes"] == bool(said))
        await works(node)


async def test_so_many_strangers_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accepting, "STRANGERS", 2)
    traffic = Traffic()
    async with mesh(traffic=traffic) as node, tcp(node), tcp(node):
        async with tcp(node) as third:
            with trio.fail_after(WITHIN_S):
                assert await third.receive_some() == b""
        assert traffic.refused["connections"] == 1


@pytest.mark.parametrize(
    "sent",
    [
        b"no yamux at all, but bytes enough for a head",
        frame(DATA, SYN, 1, 2**32 - 1),
        frame(9, 0, 1, 0),
        frame(WINDOW, SYN, 1, 2**32 - 1) * 3,
        frame(DATA, SYN, 1, 64 * 1024, b"cut short"),
        frame(DATA, SYN, 2, 4, b"\xff\xff\xff\xff"),
        frame(DATA, 0, 77, 3, b"abc") + frame(WINDOW, 8, 77, 0),
    ],
)
async def test_malformed_frames_of_a_peer_harm_only_its_connection(sent: bytes) -> None:
    async with mesh() as node:
        async with insider(node) as connection:
            await until(lambda: len(node._links) == 1)
            await connection.write(sent)
        await until(lambda: len(node._links) == 0)
        await works(node)


async def test_an_error_in_the_muxer_ends_one_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_: object) -> None:
        raise ValueError("a frame that libp2p did not expect")

    async with mesh() as node:
        with monkeypatch.context() as patch:
            patch.setattr(muxer.BoundedYamux, "handle_incoming", broken)
            async with insider(node):
                pass
        await until(lambda: len(node._links) == 0)
        await works(node)


async def test_a_peer_that_ignores_its_windows_loses_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(muxer, "UNREAD", 1024 * 1024)
    kept: list[Any] = []

    async def never_read(stream: Stream) -> None:
        kept.append(stream)
        await trio.sleep_forever()

    async with mesh() as node:
        node.serve("/test/unread/1", never_read)
        async with insider(node) as connection:
            offers = b"\x13/multistream/1.0.0\n\x0f/test/unread/1\n"
            await connection.write(frame(DATA, SYN, 1, len(offers), offers))
            await until(lambda: kept)
            buffers = kept[0]._muxed.conn.stream_buffers
            largest = 0
            for _ in range(40):
                if len(node._links) == 0:
                    break
                with contextlib.suppress(ConnectionClosedError):
                    await connection.write(frame(DATA, 0, 1, 65_000, bytes(65_000)))
                largest = max(largest, sum(map(len, buffers.values())))
            await until(lambda: len(node._links) == 0)
        assert 0 < largest <= 1024 * 1024
        await works(node)


async def test_a_peer_that_opens_streams_without_end_gets_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(barrier, "STREAMS", 8)
    traffic = Traffic()

    async def hold(_: Stream) -> None:
        await trio.sleep_forever()

    async with mesh(traffic=traffic) as node, mesh() as peer:
        node.serve("/test/hold/1", hold)
        await peer.dial(node.addresses[0])
        opened = 0
        for _ in range(20):
            try:
                with trio.fail_after(WITHIN_S):
                    await peer.open(node.peer_id, "/test/hold/1")
                opened += 1
            except Unreachable:
                pass
        assert 0 < opened <= 8
        assert traffic.refused["streams"] >= 12
        await works(node)


async def test_a_handler_that_raises_ends_its_stream_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(stream: Stream) -> None:
        await stream.receive()
        raise RuntimeError("a bug of a handler")

    async with mesh() as node, mesh() as peer:
        node.serve("/test/broken/1", broken)
        await peer.dial(node.addresses[0])
        stream = await peer.open(node.peer_id, "/test/broken/1")
        with caplog.at_level(logging.ERROR, "chorus.libp2p"), trio.fail_after(WITHIN_S):
            await stream.send(b"x")
            assert await stream.receive() == b""
        assert "a handler of /test/broken/1 failed" in caplog.text
        await works(node)


def message(sender: str, data: bytes, **fields: Any) -> rpc_pb2.Message:
    return rpc_pb2.Message(
        from_id=ID.from_string(sender).to_bytes(), seqno=b"\0" * 8, data=data, topicIDs=[TOPIC], **fields
    )


async def test_gossip_that_is_unsigned_or_signed_by_another_or_garbage_is_dropped() -> None:
    liar = identity()
    async with mesh(liar) as peer, mesh() as node, meshed(peer, node) as (_, reader):
        other = identity().peer_id
        foreign = message(other, b"foreign")
        foreign.signature = liar.sign(b"libp2p-pubsub:" + foreign.SerializeToString())
        own = message(node.peer_id, b"own")
        own.signature = liar.sign(b"libp2p-pubsub:" + own.SerializeToString())
        unsigned = message(liar.peer_id, b"unsigned")
        bad_key = message(liar.peer_id, b"key", signature=b"x", key=b"\xff\xff")
        nobody = rpc_pb2.Message(
            from_id=b"\x01", seqno=b"", data=b"", topicIDs=[TOPIC], signature=b"y", key=b"\xff\xff"
        )
        pubsub = peer.topics._pubsub
        out = pubsub.peers[ID.from_string(node.peer_id)]
        for forged in (foreign, own, unsigned, bad_key, nobody):
            await out.write(encode_varint_prefixed(rpc_pb2.RPC(publish=[forged]).SerializeToString()))
        await peer.topics.publish(TOPIC, b"true")
        with trio.fail_after(WITHIN_S):
            assert (await anext(reader)).data == b"true"
        await works(node)


async def test_a_peer_whose_gossip_is_no_message_is_heard_no_more_and_nothing_else() -> None:
    async with mesh() as peer, mesh() as node, meshed(peer, node):
        out = peer.topics._pubsub.peers[ID.from_string(node.peer_id)]
        await out.write(encode_varint_prefixed(b"\xff" * 50))
        await works(node)
        assert await peer.open(node.peer_id, "/test/echo/1")
