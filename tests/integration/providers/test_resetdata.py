"""The provider `resetdata`, over the scripted server: the conformance suite, and what is its own."""

import pytest
import trio

from chorus.testing.provider import KeepingConformance, Play, ScriptedConformance, ask, request, told
from chorus_hooks.provider import Model, Provider, Tool
from chorus_hooks.provider_http import Patience
from chorus_resetdata.provider import Account, ResetData
from tests.integration.providers.conftest import SECRET, Scripted

NOWHERE = "http://127.0.0.1:1/v1"
HASTY = Patience(connect=1.0, first=0.5, between=0.3, whole=1.0)


def over(scripted: Scripted, key: str = SECRET) -> ResetData:
    return ResetData(lambda: Account(scripted.openai, key))


class TestResetData(ScriptedConformance):
    @pytest.fixture
    def provider(self, scripted: Scripted) -> Provider:
        return over(scripted)

    @pytest.fixture
    def model(self) -> str:
        return "scripted"

    @pytest.fixture
    def nobody(self) -> Provider:
        return ResetData(lambda: Account(NOWHERE, SECRET))

    @pytest.fixture
    def hasty(self, scripted: Scripted) -> Provider:
        return ResetData(lambda: Account(scripted.openai, SECRET), HASTY)


class TestResetDataKeeps(KeepingConformance):
    @pytest.fixture
    def provider(self, scripted: Scripted) -> Provider:
        return over(scripted)

    @pytest.fixture
    def secret(self) -> str:
        return SECRET


def test_a_server_that_somebody_named_needs_no_key() -> None:
    assert not ResetData(lambda: Account(NOWHERE)).ready
    assert ResetData(lambda: Account(NOWHERE, "key")).ready
    assert ResetData(lambda: Account(NOWHERE, open=True)).ready


async def test_the_key_is_borne(scripted: Scripted) -> None:
    scripted.plays(["yes"], key=SECRET)
    assert (await ask(over(scripted), request("scripted"))).text == "yes"


async def test_a_wrong_key_is_denied_and_masked_where_the_server_says_it(scripted: Scripted) -> None:
    scripted.plays(["yes"], key="another")
    fault = await told(over(scripted), request("scripted"))
    assert fault.kind == "denied"
    assert "this key is not good: Bearer ********" in fault.message
    assert "RESETDATA_API_KEY" in fault.hint
    health = await over(scripted).health()
    assert not health.ok
    assert SECRET not in repr(health)


async def test_context_and_abilities_are_told(scripted: Scripted) -> None:
    assert await over(scripted).models() == (Model("scripted", 8192, frozenset({"tools", "schema"})),)


async def test_what_is_asked_reaches_the_server(scripted: Scripted, play: Play) -> None:
    await play(["yes"])
    tool = Tool("run", "Run it", {"type": "object"})
    schema = {"type": "object"}
    asked = request("scripted", max_tokens=5, temperature=0.5, seed=3, schema=schema, tools=(tool,))
    await ask(over(scripted), asked)
    [chat] = scripted.control("asked")
    assert chat["wire"] == "openai_wire"
    assert chat["asked"] == {
        "model": "scripted",
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "Say something."},
        ],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 5,
        "seed": 3,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "reply", "strict": True, "schema": {"type": "object"}},
        },
        "tools": [
            {
                "type": "function",
                "function": {"name": "run", "description": "Run it", "parameters": {"type": "object"}},
            }
        ],
    }


async def test_an_early_leave_reaches_the_server(scripted: Scripted, play: Play) -> None:
    await play([{"endless": True, "pause": 0.001}])
    async with over(scripted).chat(request("scripted")) as chat:
        async for _ in chat:
            break
        assert scripted.control("open") == 1
    with trio.fail_after(5):
        while await trio.to_thread.run_sync(scripted.control, "open"):  # noqa: ASYNC110 - another process
            await trio.sleep(0.01)
