"""Who is asked next: wishes, order, context, price, and rests. The time is a number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.provider import FaultKind, Model, ProviderFault
from chorus_reasoner.choice import CURE, Candidate, Need, Nobody, Offer, Wait, candidates, choose, told
from chorus_reasoner.price import Price, parse_prices, price_of
from chorus_reasoner.standing import TRIP, Standing
from chorus_reasoner.wish import parse_models, wanted

LOCAL = Offer("ollama", (Model("nomic-embed-text"), Model("llama3.1:8b", 8192), Model("qwen3:latest", 4096)))
CLOUD = Offer("cloud", (Model("meta/llama:shared", 128_000), Model("llama3.1:8b", 128_000)))
SMALL = Need({"text": 1000, "tools": 1500})


def names(*wants: str, preferred: tuple[str, ...] = ()) -> list[str]:
    return [candidate.name for candidate in candidates((LOCAL, CLOUD), wants, preferred, {})]


def pick(*able: Candidate, need: Need = SMALL, standing: Standing | None = None, now: float = 0.0) -> object:
    windows = {candidate.name: candidate.model.context or 8192 for candidate in able}
    return choose(able, need, windows, standing or Standing(), now)


A = Candidate("a", Model("m", 8192))
B = Candidate("b", Model("m", 32_000), Price(1.0, 2.0))


def test_without_a_wish_each_provider_gives_its_first_model_that_can_chat() -> None:
    assert names() == ["ollama/llama3.1:8b", "cloud/meta/llama:shared"]


def test_a_wish_is_all_that_is_asked_wherever_it_is_offered() -> None:
    assert names("llama3.1:8b") == ["ollama/llama3.1:8b", "cloud/llama3.1:8b"]
    assert names("cloud/llama3.1:8b") == ["cloud/llama3.1:8b"]
    assert names("meta/llama:shared", "qwen3") == ["cloud/meta/llama:shared", "ollama/qwen3:latest"]
    assert names("gpt-9") == []


def test_what_a_role_prefers_comes_first_and_is_no_must() -> None:
    assert names(preferred=("qwen3", "gpt-9"))[:2] == ["ollama/qwen3:latest", "ollama/llama3.1:8b"]


def test_the_task_beats_the_role_and_the_role_beats_the_default() -> None:
    wishes = parse_models("developer=a|b, default=c")
    assert wanted("x", "developer", wishes) == ("x",)
    assert wanted(None, "developer", wishes) == ("a", "b")
    assert wanted(None, "tester", wishes) == ("c",)
    assert wanted(None, "tester", {}) == ()
    assert parse_models("llama3.1:8b") == {"default": ("llama3.1:8b",)}


@pytest.mark.parametrize("value", ["a=", "=b", "a=b|", "a=b,a=c"])
def test_wishes_that_say_nothing_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"not like|twice"):
        parse_models(value)


def test_the_first_that_can_is_asked() -> None:
    assert pick(A, B) == A


def test_a_context_that_is_too_small_is_passed_over() -> None:
    assert pick(A, B, need=Need({"text": 10_000, "tools": 10_000})) == B
    nobody = pick(A, need=Need({"text": 10_000, "tools": 10_000}))
    assert isinstance(nobody, Nobody)
    assert "8192 tokens is too small" in nobody.why


def test_a_limit_of_cost_needs_a_price() -> None:
    assert pick(A, B, need=Need(SMALL.tokens, priced=True)) == B
    nobody = pick(A, need=Need(SMALL.tokens, priced=True))
    assert isinstance(nobody, Nobody)
    assert (nobody.reason, "CHORUS_PRICES" in nobody.why) == ("cost_limit", True)


def test_who_failed_rests_and_is_back() -> None:
    standing = Standing()
    standing.failed("a/m", ProviderFault("busy", "slow down", retry_after=30), 100.0)
    assert pick(A, B, standing=standing, now=129.0) == B
    assert pick(A, B, standing=standing, now=130.0) == A


def test_a_provider_that_is_down_takes_all_its_models_along() -> None:
    standing = Standing()
    standing.failed("a", ProviderFault("unreachable", "refused"), 0.0)
    assert pick(A, B, standing=standing) == B


def test_when_all_rest_the_first_to_be_back_is_waited_for() -> None:
    standing = Standing()
    standing.failed("a/m", ProviderFault("busy", "slow", retry_after=30), 0.0)
    standing.failed("b/m", ProviderFault("busy", "slower", retry_after=20), 0.0)
    assert pick(A, B, standing=standing) == Wait(20.0, "b/m: slower")


def test_after_some_failures_one_request_tries_and_the_others_wait() -> None:
    standing, now = Standing(), 0.0
    for _ in range(TRIP):
        standing.failed("a/m", ProviderFault("cut", "broke off"), now)
        now += 1000.0
    assert pick(A, standing=standing, now=now) == A
    standing.asked("a/m")
    assert isinstance(pick(A, standing=standing, now=now), Wait)
    standing.left("a/m")
    assert pick(A, standing=standing, now=now) == A
    standing.asked("a/m")
    standing.answered("a/m")
    assert standing.rest("a/m", now) is None


def test_denied_rests_for_long_and_a_wrong_request_tells_nothing_about_its_receiver() -> None:
    standing = Standing()
    standing.failed("a/m", ProviderFault("denied", "no such key"), 0.0)
    assert standing.rest("a/m", 899.0) is not None
    standing.failed("b/m", ProviderFault("invalid", "bad request"), 0.0)
    standing.failed("b/m", ProviderFault("context", "too long"), 0.0)
    assert standing.rest("b/m", 0.0) is None


KINDS: list[FaultKind] = ["unreachable", "busy", "denied", "invalid", "context", "cut"]


@given(
    st.lists(
        st.tuples(st.sampled_from(KINDS), st.one_of(st.none(), st.floats(-5, 1e9)), st.floats(0, 500)),
        max_size=30,
    )
)
def test_nobody_rests_for_ever_and_rests_grow(failures: list[tuple[FaultKind, float | None, float]]) -> None:
    standing, now = Standing(), 0.0
    for kind, retry_after, passed in failures:
        now += passed
        standing.failed("x", ProviderFault(kind, "no", retry_after=retry_after), now)
        rest = standing.rest("x", now)
        assert rest is None or now < rest.until <= now + 3600.0
    assert standing.rest("x", now + 3600.0) is None


def test_why_there_is_no_model_is_one_line_with_a_cure() -> None:
    line = told((Offer("ollama", told="no connection"), Offer("resetdata", told="not set up")), ())
    assert line == f"ollama: no connection; resetdata: not set up; {CURE}"
    line = told((LOCAL,), ("gpt-9",))
    assert line.startswith("gpt-9 is not offered; there is nomic-embed-text, llama3.1:8b, qwen3:latest;")
    assert "\n" not in line


def test_prices_are_of_a_model_or_of_a_provider() -> None:
    prices = parse_prices("cloud/meta/llama:shared=0.5/1.5, ollama=0/0")
    price = price_of(prices, "cloud", "meta/llama:shared")
    assert price is not None and price.cost(2_000_000, 1_000_000) == 2.5
    assert price_of(prices, "ollama", "any") == Price(0, 0)
    assert price_of(prices, "cloud", "other") is None


@pytest.mark.parametrize(
    "value", ["a", "a=1", "a=1/x", "a=-1/1", "a=nan/1", "a=inf/1", "=1/1", "a=1/1,a=2/2"]
)
def test_prices_that_are_none_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"not like|no price|two prices"):
        parse_prices(value)
