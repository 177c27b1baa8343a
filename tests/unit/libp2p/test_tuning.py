"""The names inside libp2p that are set or called here, none of which is an interface."""

import inspect
from importlib.metadata import version

import pytest
from libp2p.host.basic_host import BasicHost
from libp2p.kad_dht.kad_dht import KadDHT
from libp2p.kad_dht.provider_store import ProviderStore
from libp2p.kad_dht.value_store import ValueStore
from libp2p.network.auto_connector import AutoConnector
from libp2p.network.swarm import Swarm
from libp2p.pubsub.gossipsub import GossipSub
from libp2p.pubsub.pubsub import Pubsub
from libp2p.stream_muxer.yamux.yamux import Yamux, YamuxStream

from chorus_libp2p.tuning import constants

OVERRIDDEN = [
    (Swarm, "dial_peer"),
    (AutoConnector, "maybe_connect"),
    (BasicHost, "_should_identify_peer"),
    (Yamux, "_read_data_body"),
    (Yamux, "_write_frame"),
    (YamuxStream, "_auto_tune_and_send_window_update"),
    (YamuxStream, "_grow_threshold"),
    (YamuxStream, "_grow_to_delta"),
    (YamuxStream, "_apply_autotune_epoch"),
    (Yamux, "_cleanup_on_error"),
    (Pubsub, "_handle_new_peer"),
    (Pubsub, "get_hello_packet"),
    (Pubsub, "push_msg"),
    (Pubsub, "handle_sending_messages"),
    (Pubsub, "continuously_read_stream"),
    (Pubsub, "_replay_recent_messages"),
    (Pubsub, "_handle_dead_peer"),
    (ProviderStore, "add_provider"),
    (ProviderStore, "_send_add_provider"),
    (ProviderStore, "_get_providers_from_peer_with_closers"),
    (ValueStore, "_store_at_peer"),
    (ValueStore, "_get_from_peer"),
]
ATTRIBUTES = [
    (KadDHT, "_provider_rate_max"),
    (GossipSub, "recent_message_deliveries"),
    (GossipSub, "equivocation_detection"),
    (GossipSub, "graft_flood_threshold"),
    (Yamux, "event_shutting_down"),
    (Yamux, "stream_buffers"),
    (Yamux, "_write_lock"),
    (YamuxStream, "send_window"),
    (YamuxStream, "recv_window"),
    (YamuxStream, "target_recv_window"),
]


def test_the_version_is_the_one_that_this_was_written_for() -> None:
    assert version("libp2p") == "0.8.1"


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, name, _ in constants()])
def test_every_constant_that_is_set_is_there_and_read(module: object, name: str) -> None:
    assert hasattr(module, name)
    assert inspect.getsource(module).count(name) > 1  # type: ignore[arg-type]


@pytest.mark.parametrize(("owner", "name"), OVERRIDDEN)
def test_every_method_that_is_called_or_replaced_is_there(owner: type, name: str) -> None:
    assert callable(getattr(owner, name))


@pytest.mark.parametrize(("owner", "name"), ATTRIBUTES)
def test_every_attribute_that_is_used_is_made_there(owner: type, name: str) -> None:
    assert f"self.{name}" in inspect.getsource(owner)
