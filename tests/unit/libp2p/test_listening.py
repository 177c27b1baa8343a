"""Where a node listens for peers, and what it tells them of that."""

import logging
import socket
from typing import Any

import pytest

from chorus_hooks.errors import ConfigError
from chorus_hooks.setting import Setting
from chorus_libp2p import listening as module
from chorus_libp2p.listening import listening
from chorus_libp2p.settings import ADVERTISE, P2P_BIND, P2P_PORT


class Settings:
    """Those that a test gives; the rest is at its default."""

    def __init__(self, given: dict[Setting[Any], str]) -> None:
        self._given = {setting: setting.parse(value) for setting, value in given.items()}

    def __getitem__(self, setting: Setting[Any]) -> Any:
        return self._given.get(setting, setting.default)

    def explicit(self, setting: Setting[Any]) -> bool:
        return setting in self._given


@pytest.fixture
def taken() -> Any:
    """A port that another program has, in the way that libp2p's own listener would share."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def test_any_port_may_be_taken_and_is_told() -> None:
    with listening(Settings({P2P_BIND: "127.0.0.1", P2P_PORT: "0"})) as here:
        port = here.sockets[0].getsockname()[1]
        assert here.addresses == (f"/ip4/127.0.0.1/tcp/{port}",)
        socket.create_connection(("127.0.0.1", port)).close()


def test_all_interfaces_are_told_by_their_addresses_and_share_one_port() -> None:
    with listening(Settings({P2P_PORT: "0"})) as here:
        ports = {made.getsockname()[1] for made in here.sockets}
        assert len(ports) == 1
        assert here.addresses
        for address in here.addresses:
            assert not address.startswith(("/ip4/0.0.0.0/", "/ip6/::/", "/ip4/169.254.", "/ip6/fe80"))
            assert address.endswith(f"/tcp/{next(iter(ports))}")


def test_a_taken_port_that_was_asked_for_is_an_error_that_names_it(taken: int) -> None:
    with (
        pytest.raises(ConfigError, match=rf"CHORUS_P2P_PORT: port {taken}"),
        listening(Settings({P2P_BIND: "127.0.0.1", P2P_PORT: str(taken)})),
    ):
        pass


def test_a_taken_default_gives_way_to_the_next_and_it_is_logged(
    taken: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    port = Setting(P2P_PORT.name, P2P_PORT.parse, taken, P2P_PORT.help)
    monkeypatch.setattr(module, "P2P_PORT", port)
    with (
        caplog.at_level(logging.WARNING, "chorus.libp2p"),
        listening(Settings({P2P_BIND: "127.0.0.1"})) as here,
    ):
        assert taken < here.sockets[0].getsockname()[1] <= taken + module.TRIES
    assert f"port {taken} is taken" in caplog.text


def test_what_is_advertised_replaces_what_was_found() -> None:
    given: dict[Setting[Any], str] = {
        P2P_BIND: "127.0.0.1",
        P2P_PORT: "0",
        ADVERTISE: "node.example.org:9000",
    }
    with listening(Settings(given)) as here:
        assert here.addresses == ("/dns/node.example.org/tcp/9000",)


def test_an_address_of_another_machine_is_an_error() -> None:
    with (
        pytest.raises(ConfigError, match="cannot listen on"),
        listening(Settings({P2P_BIND: "192.0.2.254", P2P_PORT: "0"})),
    ):
        pass
