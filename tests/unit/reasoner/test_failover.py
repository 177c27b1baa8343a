"""What follows when a model does not answer. The clock is a mock: no test waits."""

from typing import Any

import pytest
import trio
from trio.testing import MockClock

from chorus_hooks.provider import Model, ProviderFault, Tokens
from chorus_hooks.task import Limits
from chorus_reasoner.price import Price
from chorus_reasoner.transcript import check
from tests.unit.reasoner.fakes import Say, Scripted, World, bash, call, fault, requests_of, say

DONE = say("SUBMIT: done")


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "trio", {"clock": MockClock(autojump_threshold=0)}


def lines(world: World, ending: Any, *types: str) -> list[dict[str, Any]]:
    return [line for line in check(world.transcript(ending)).lines if line["type"] in types]


async def test_dead_then_busy_then_cut_then_an_answer(world: World) -> None:
    down = ProviderFault("unreachable", "no connection")
    world.providers = [
        Scripted("dead", [], list_fault=down),
        Scripted("busy", [fault("busy", "slow down", retry_after=30)]),
        Scripted("torn", [fault("cut", "the stream broke", after=("Half a ", "thought"))]),
        Scripted("well", [bash("echo hi"), DONE]),
    ]
    ending = await world.work()
    assert (ending.standing, ending.thinking.models) == ("submitted", ("well/scripted",))
    assert requests_of(world) == {"dead": 0, "busy": 1, "torn": 2, "well": 1} or requests_of(world) == {
        "dead": 0,
        "busy": 1,
        "torn": 1,
        "well": 2,
    }
    faults = lines(world, ending, "fault")
    assert [(line["model"], line["kind"], line["text"]) for line in faults] == [
        ("busy/scripted", "busy", ""),
        ("torn/scripted", "cut", "Half a thought"),
    ]
    switches = lines(world, ending, "switch")
    assert [(line["before"], line["model"], line["why"]) for line in switches] == [
        ("busy/scripted", "torn/scripted", "slow down"),
        ("torn/scripted", "well/scripted", "the stream broke"),
    ]
    assert b"what it said so far does not count" in world.report.stderr
    assert b"well/scripted is asked now, in place of torn/scripted" in world.report.stderr
    assert all("Half a" not in message.text for message in world.providers[-1].asked[-1].messages)


async def test_what_broke_off_is_paid_for(world: World) -> None:
    world.settings = {"CHORUS_PRICES": {"torn": Price(1.0, 1.0), "well": Price(1e6, 1e6)}}
    world.providers = [
        Scripted("torn", [fault("cut", "broke", after=("x" * 3000,))]),
        Scripted("well", [Say(("SUBMIT",), tokens=Tokens(7, 3, told=True))]),
    ]
    ending = await world.work()
    assert ending.thinking.reply_tokens == 1003
    assert ending.thinking.cost is not None and 10 < ending.thinking.cost < 10.01


async def test_the_only_one_is_waited_for_when_it_is_busy(world: World) -> None:
    world.providers = [Scripted("one", [fault("busy", "slow", retry_after=60), DONE])]
    began = trio.current_time()
    ending = await world.work()
    assert ending.standing == "submitted"
    assert 60 <= trio.current_time() - began < 61
    (wait,) = lines(world, ending, "wait")
    assert wait["why"] == "one/scripted: slow"


async def test_a_rest_that_is_longer_than_anybody_waits_ends_it(world: World) -> None:
    world.providers = [Scripted("one", [fault("busy", "come back tomorrow", retry_after=3600)])]
    began = trio.current_time()
    ending = await world.work()
    assert (ending.standing, ending.reason) == ("ended", "model_unavailable")
    assert "come back tomorrow" in ending.detail
    assert trio.current_time() - began < 1


async def test_no_model_at_all_is_said_at_once_in_one_line_with_a_cure(world: World) -> None:
    down = ProviderFault("unreachable", "no connection to http://localhost:11434")
    world.providers = [Scripted("ollama", [], list_fault=down), Scripted("resetdata", [], ready=False)]
    began = trio.current_time()
    ending = await world.work()
    assert (ending.standing, ending.reason) == ("ended", "model_unavailable")
    assert "ollama: no connection to http://localhost:11434; resetdata: not set up" in ending.detail
    assert "start Ollama" in ending.detail and "RESETDATA_BASE_URL" in ending.detail
    assert "\n" not in ending.detail
    assert trio.current_time() - began < 1
    assert ending.thinking.transcript is not None


async def test_a_model_that_was_there_is_waited_for_when_it_goes_away(world: World) -> None:
    world.providers = [Scripted("one", [bash("echo hi"), fault("unreachable", "it restarts"), DONE])]
    assert (await world.work()).standing == "submitted"


async def test_the_first_request_may_fail_too(world: World) -> None:
    world.providers = [Scripted("one", [fault("unreachable", "503"), fault("unreachable", "503"), DONE])]
    assert (await world.work()).standing == "submitted"


async def test_a_model_that_stays_away_is_not_waited_for_any_more(world: World) -> None:
    world.providers = [Scripted("one", [bash("echo hi")], rest=fault("unreachable", "gone"))]
    began = trio.current_time()
    assert (await world.work()).reason == "model_unavailable"
    assert trio.current_time() - began < 300
    world.providers[0].list_fault = ProviderFault("unreachable", "gone")
    await trio.sleep(3600)
    began = trio.current_time()
    assert (await world.work()).reason == "model_unavailable"
    assert trio.current_time() == began


async def test_a_model_that_was_pulled_since_is_found(world: World) -> None:
    world.providers = [Scripted("one", [DONE], offered=())]
    assert "it has no models" in (await world.work()).detail
    world.providers[0].offered = (Model("fresh"),)
    assert (await world.work()).thinking.models == ("one/fresh",)


async def test_a_wrong_key_rests_for_long_and_another_is_asked(world: World) -> None:
    world.providers = [
        Scripted("locked", [fault("denied", "401")]),
        Scripted("open", [bash("echo 1"), bash("echo 2"), DONE]),
    ]
    assert (await world.work()).standing == "submitted"
    assert requests_of(world) == {"locked": 1, "open": 3}


async def test_a_key_that_was_put_right_counts_after_a_reload(world: World) -> None:
    world.providers = [Scripted("locked", [fault("denied", "401"), DONE])]
    assert (await world.work()).reason == "model_unavailable"
    assert (await world.work()).reason == "model_unavailable"
    assert requests_of(world) == {"locked": 1}
    world.reloads += 1
    assert (await world.work()).standing == "submitted"


async def test_a_request_that_is_wrong_is_not_asked_of_others(world: World) -> None:
    world.providers = [Scripted("one", [fault("invalid", "bad request")]), Scripted("two", [DONE])]
    ending = await world.work()
    assert (ending.reason, "bad request" in ending.detail) == ("model_unavailable", True)
    assert requests_of(world) == {"one": 1, "two": 0}


async def test_a_server_that_refuses_tools_is_asked_in_text(world: World) -> None:
    able = (Model("able", 32_000, frozenset({"tools"})),)
    world.providers = [Scripted("one", [fault("invalid", "no tools here"), bash("echo"), DONE], offered=able)]
    assert (await world.work()).standing == "submitted"
    assert [bool(request.tools) for request in world.providers[0].asked] == [True, False, False]


async def test_a_model_that_can_read_less_than_it_says_is_asked_less(world: World) -> None:
    world.bench.files["big"] = b"x" * 9000
    script = [bash("cat big"), fault("context", "too long"), fault("context", "too long"), DONE]
    world.providers = [Scripted("one", script)]
    assert (await world.work()).standing == "submitted"
    sizes = [sum(len(message.text) for message in request.messages) for request in world.providers[0].asked]
    assert sizes[1] > sizes[2] > sizes[3]
    assert all("make it right" in request.messages[1].text for request in world.providers[0].asked)


async def test_a_context_that_never_fits_ends_it(world: World) -> None:
    world.providers = [Scripted("one", [], rest=fault("context", "too long"))]
    ending = await world.work()
    assert (ending.reason, "too small" in ending.detail) == ("model_unavailable", True)


@pytest.mark.parametrize("words", [(), ("I begin ",)])
async def test_a_provider_that_hangs_is_left(world: World, words: tuple[str, ...]) -> None:
    world.settings = {"CHORUS_MODEL_TIMEOUT": 20.0}
    world.providers = [Scripted("hung", [Say(words, silent=True)]), Scripted("well", [DONE])]
    began = trio.current_time()
    ending = await world.work()
    assert ending.standing == "submitted"
    assert 20 <= trio.current_time() - began < 21
    assert world.providers[0].open == 0


async def test_a_provider_that_speaks_for_ever_is_cut(world: World) -> None:
    world.providers = [Scripted("one", [Say(endless=True), DONE])]
    ending = await world.work()
    assert ending.standing == "submitted"
    assert world.providers[0].open == 0
    (first, _) = [line["event"] for line in lines(world, ending, "event")]
    assert (len(first["text"]), first["shortened"]) == (256 << 10, True)


async def test_faults_without_end_end(world: World) -> None:
    world.providers = [Scripted("one", [], rest=fault("busy", "slow", retry_after=0))]
    ending = await world.work()
    assert ending.reason == "model_unavailable"
    assert len(world.providers[0].asked) <= 12


async def test_the_task_says_which_model(world: World) -> None:
    two = (Model("small", 8192), Model("large", 8192))
    world.providers = [Scripted("one", [DONE, DONE, DONE], offered=two)]
    assert (await world.work(model="large")).thinking.models == ("one/large",)
    world.made().config.values["CHORUS_MODELS"] = {"tester": ("one/large",), "default": ("small",)}  # type: ignore[attr-defined]
    assert (await world.work(role="tester")).thinking.models == ("one/large",)
    assert (await world.work()).thinking.models == ("one/small",)
    ending = await world.work(model="huge")
    assert ending.detail.startswith("huge is not offered; there is small, large;")


async def test_a_limit_of_cost_holds_and_needs_a_price(world: World) -> None:
    world.settings = {"CHORUS_PRICES": {"one": Price(1000.0, 1000.0)}}
    world.providers = [Scripted("one", [bash(f"echo {n}") for n in range(9)]), Scripted("free", [])]
    ending = await world.work(limits=Limits(cost=0.3))
    assert (ending.reason, ending.thinking.cost) == ("cost_limit", 0.33)
    world.settings["CHORUS_PRICES"].clear()
    ending = await world.work(limits=Limits(cost=0.3))
    assert (ending.reason, "CHORUS_PRICES" in ending.detail) == ("cost_limit", True)


async def test_a_server_without_a_list_is_asked_for_a_model_that_is_named(world: World) -> None:
    missing = ProviderFault("denied", "404")
    world.providers = [Scripted("bare", [DONE], list_fault=missing)]
    assert (await world.work(model="bare/llama")).thinking.models == ("bare/llama",)
    assert (await world.work()).reason == "model_unavailable"


async def test_lists_of_models_are_remembered(world: World) -> None:
    world.providers = [Scripted("one", [bash("echo 1"), bash("echo 2"), DONE])]
    await world.work()
    assert world.providers[0].listed == 1


async def test_a_tools_model_is_followed_by_one_without(world: World) -> None:
    able = (Model("able", 32_000, frozenset({"tools"})),)
    world.providers = [
        Scripted("one", [call("run", '{"command": "echo hi"}'), fault("unreachable", "gone")], offered=able),
        Scripted("two", [DONE]),
    ]
    assert (await world.work()).standing == "submitted"
    asked = world.providers[1].asked[0].messages
    assert asked[2].text == "````bash\necho hi\n````"
    assert [message.role for message in asked] == ["system", "user", "assistant", "user"]
