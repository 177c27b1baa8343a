"""The provider `ollama`, over the scripted server: the conformance suite, and what is Ollama's own."""

import pytest
import trio

from chorus.testing.provider import Play, ScriptedConformance, ask, request
from chorus_hooks.provider import Message, Model, Provider, Tool
from chorus_hooks.provider_http import Patience
from chorus_ollama.provider import Ollama
from tests.integration.providers.conftest import Scripted

NOWHERE = "http://127.0.0.1:1"
HASTY = Patience(connect=1.0, first=0.5, between=0.3, whole=1.0)


class TestOllama(ScriptedConformance):
    @pytest.fixture
    def provider(self, scripted: Scripted) -> Provider:
        return Ollama(lambda: (scripted.ollama,))

    @pytest.fixture
    def model(self) -> str:
        return "scripted"

    @pytest.fixture
    def nobody(self) -> Provider:
        return Ollama(lambda: (NOWHERE,))

    @pytest.fixture
    def hasty(self, scripted: Scripted) -> Provider:
        return Ollama(lambda: (scripted.ollama,), HASTY)


async def test_the_next_endpoint_is_asked_when_one_cannot_be_connected_to(scripted: Scripted) -> None:
    provider = Ollama(lambda: (NOWHERE, scripted.ollama))
    assert (await ask(provider, request("scripted"))).text


async def test_the_next_endpoint_is_not_asked_after_a_refusal(scripted: Scripted, play: Play) -> None:
    await play([{"status": 500}, "from the second"])
    provider = Ollama(lambda: (scripted.ollama, scripted.ollama.replace("127.0.0.1", "localhost")))
    with pytest.raises(Exception, match="500"):
        await ask(provider, request("scripted"))
    assert len(scripted.control("asked")) == 1


async def test_context_and_abilities_are_told(scripted: Scripted) -> None:
    provider = Ollama(lambda: (scripted.ollama,))
    assert await provider.models() == (Model("scripted", 8192, frozenset({"tools", "schema"})),)


async def test_what_is_asked_reaches_the_server(scripted: Scripted, play: Play) -> None:
    await play(["yes"])
    tool = Tool("run", "Run it", {"type": "object"})
    schema = {"type": "object"}
    asked = request("scripted", max_tokens=5, temperature=0.5, seed=3, schema=schema, tools=(tool,))
    await ask(Ollama(lambda: (scripted.ollama,)), asked)
    [chat] = scripted.control("asked")
    assert chat["wire"] == "ollama_wire"
    assert chat["asked"] == {
        "model": "scripted",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "Say something."},
        ],
        "stream": True,
        "options": {"temperature": 0.5, "num_ctx": 8192, "num_predict": 5, "seed": 3},
        "format": {"type": "object"},
        "tools": [
            {
                "type": "function",
                "function": {"name": "run", "description": "Run it", "parameters": {"type": "object"}},
            }
        ],
    }


async def test_the_window_grows_with_what_is_asked_up_to_what_the_model_can(
    scripted: Scripted, play: Play
) -> None:
    provider = Ollama(lambda: (scripted.ollama,))
    long = request("scripted", messages=(Message("user", "x" * 60_000),))
    await play(["yes", "yes"])
    await ask(provider, long)
    await provider.models()
    await ask(provider, long)
    assert [chat["asked"]["options"]["num_ctx"] for chat in scripted.control("asked")] == [32768, 8192]


async def test_an_early_leave_reaches_the_server(scripted: Scripted, play: Play) -> None:
    await play([{"endless": True, "pause": 0.001}])
    async with Ollama(lambda: (scripted.ollama,)).chat(request("scripted")) as chat:
        async for _ in chat:
            break
        assert scripted.control("open") == 1
    with trio.fail_after(5):
        while await trio.to_thread.run_sync(scripted.control, "open"):  # noqa: ASYNC110 - another process
            await trio.sleep(0.01)
