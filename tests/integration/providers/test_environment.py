"""What the environment of a node can do to a request: proxies, authorities, a key that is none."""

import socket
import threading
from collections.abc import Iterator

import pytest

from chorus.testing.provider import ask, request, told
from chorus_hooks import provider_http
from chorus_hooks.provider import Provider
from chorus_ollama.provider import Ollama
from chorus_resetdata.provider import Account, ResetData
from tests.integration.providers.conftest import SECRET, Scripted


@pytest.fixture(params=["ollama", "resetdata"])
def provider(request: pytest.FixtureRequest, scripted: Scripted) -> Provider:
    if request.param == "ollama":
        return Ollama(lambda: (scripted.ollama,))
    return ResetData(lambda: Account(scripted.openai, SECRET))


@pytest.fixture
def nobody_speaks() -> Iterator[str]:
    """A server of another protocol: it greets, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(b"220 mail.example ESMTP\r\n")

        thread = threading.Thread(target=greet)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


FAR = [
    Ollama(lambda: ("http://model.invalid",)),
    ResetData(lambda: Account("http://model.invalid/v1", SECRET)),
]


@pytest.mark.parametrize("far", FAR, ids=["ollama", "resetdata"])
@pytest.mark.parametrize("proxy", ["socks5://me:canary@127.0.0.1:1", "nonsense://canary", "http://h:canary"])
async def test_a_proxy_that_cannot_be_used_is_a_fault(
    far: Provider, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    fault = await told(far, request("scripted"))
    assert fault.kind == "denied"
    assert "HTTP_PROXY" in fault.hint
    assert "canary" not in fault.message


@pytest.mark.parametrize("far", FAR, ids=["ollama", "resetdata"])
async def test_a_proxy_leads_to_other_machines(
    far: Provider, scripted: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", scripted.ollama)
    fault = await told(far, request("scripted"))
    assert "there is no http://model.invalid" in fault.message


async def test_no_proxy_leads_to_this_machine(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert (await ask(provider, request("scripted"))).text


async def test_authorities_that_are_not_there_are_a_fault(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/no/such/file")
    provider_http._loaded.cache_clear()
    fault = await told(provider, request("scripted"))
    assert fault.kind == "denied"
    assert "SSL_CERT_FILE" in fault.hint


@pytest.mark.parametrize("key", ["canary\nX-Other: 1", "canary\0", "canary\u20ac"])
async def test_a_key_that_cannot_stand_in_a_header_is_a_fault_without_it(
    scripted: Scripted, key: str
) -> None:
    provider = ResetData(lambda: Account(scripted.openai, key))
    fault = await told(provider, request("scripted"))
    assert "canary" not in fault.message
    assert not (await provider.health()).ok


async def test_a_server_that_does_not_speak_http_is_unreachable(nobody_speaks: str) -> None:
    for provider in (Ollama(lambda: (nobody_speaks,)), ResetData(lambda: Account(nobody_speaks))):
        assert (await told(provider, request("scripted"))).kind == "unreachable"
        assert not (await provider.health()).ok


async def test_what_is_wrong_with_tls_is_told(nobody_speaks: str) -> None:
    secured = nobody_speaks.replace("http:", "https:")
    for provider in (Ollama(lambda: (secured,)), ResetData(lambda: Account(secured))):
        fault = await told(provider, request("scripted"))
        assert fault.kind == "unreachable"
        assert fault.message.endswith("wrong version number")
