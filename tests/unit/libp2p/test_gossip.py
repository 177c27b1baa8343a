"""What GossipSub keeps of messages that are through. The clock is a mock: no test waits."""

from typing import Any

import pytest
import trio
from libp2p.pubsub.pb.rpc_pb2 import Message
from trio.testing import MockClock

from chorus_libp2p.gossip import TRIM_S, make_router, trim


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


async def test_nothing_is_kept_for_longer_than_ten_seconds() -> None:
    router = make_router()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(trim, router)
        for number in range(3):
            message = Message(from_id=b"somebody", seqno=bytes([number]), data=b"news")
            assert router._check_equivocation(message)
            router.recent_message_deliveries["topic"].append(trio.current_time())
            await trio.sleep(TRIM_S)
            await trio.testing.wait_all_tasks_blocked()
            assert not router.equivocation_detection
            assert not router.recent_message_deliveries
        nursery.cancel_scope.cancel()
