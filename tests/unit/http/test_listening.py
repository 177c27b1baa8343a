"""Ports: bound before anything else, and a taken one told by the setting that chose it."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, closing
from urllib.parse import urlsplit

import pytest

from chorus_hooks.errors import ConfigError
from chorus_http.server.listening import Listening, listen
from chorus_http.settings import API_BIND, API_PORT
from tests.unit.http.settings import Settings


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def opened(stack: ExitStack, settings: Settings) -> Listening:
    made = listen(settings, API_PORT, API_BIND)
    stack.enter_context(closing(made.socket))
    return made


@pytest.mark.parametrize(
    ("bind", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("localhost", "http://"),
        ("0.0.0.0", "http://127.0.0.1:"),
        ("::1", "http://[::1]:"),
        ("::", "http://[::1]:"),
    ],
)
def test_the_url_reaches_the_port(bind: str, url: str) -> None:
    with ExitStack() as stack:
        try:
            made = opened(stack, Settings({API_PORT: 0, API_BIND: bind}))
        except ConfigError:
            assert not can_speak_6(bind)
            pytest.skip("this machine has no IPv6")
        assert made.url.startswith(url)
        parts = urlsplit(made.url)
        assert parts.port
        stack.enter_context(socket.create_connection((parts.hostname, parts.port), timeout=5))


def can_speak_6(bind: str) -> bool:
    if ":" not in bind:
        return True
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def test_a_port_that_was_chosen_and_is_taken_is_an_error_with_both_names(taken: int) -> None:
    with pytest.raises(
        ConfigError, match=rf"CHORUS_API_PORT: port {taken} on 127\.0\.0\.1 is taken"
    ) as caught:
        listen(Settings({API_PORT: taken}), API_PORT, API_BIND)
    assert "CHORUS_API_PORT" in caught.value.hint


def test_a_default_that_is_taken_gives_way_to_the_next_and_says_so(
    taken: int, caplog: pytest.LogCaptureFixture
) -> None:
    class Default(Settings):
        def explicit(self, setting: object) -> bool:
            return False

    with ExitStack() as stack:
        made = opened(stack, Default({API_PORT: taken}))
        port = made.socket.getsockname()[1]
        assert taken < port < taken + 100
        assert f"port {taken} is taken: using {port}" in caplog.text
        again = opened(stack, Default({API_PORT: taken}))
        assert again.socket.getsockname()[1] > port


@pytest.mark.parametrize("bind", ["192.0.2.1", "no.such.host.invalid", "not\u2028a\u2028name", "x" * 300])
def test_an_address_of_another_machine_or_of_none_is_an_error_that_shows_it(bind: str) -> None:
    with pytest.raises(ConfigError) as caught:
        listen(Settings({API_PORT: 0, API_BIND: bind}), API_PORT, API_BIND)
    assert bind in caught.value.message or repr(bind) in caught.value.message
    assert caught.value.hint
