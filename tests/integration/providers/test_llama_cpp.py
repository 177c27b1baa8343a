"""The provider `resetdata`, over a real llama.cpp server with a model of random weights."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from chorus.testing.provider import ProviderConformance, ask, request, told
from chorus_hooks.provider import Message, Model, Provider
from chorus_resetdata.provider import Account, ResetData
from contrib.llama.serving import serving
from tests.integration.providers.conftest import ROOT, SECRET

TINY = ROOT / "contrib" / "llama" / "tiny_gguf.py"
MODEL = "tiny-random"

pytestmark = [pytest.mark.llm, pytest.mark.slow]


@pytest.fixture(scope="module")
def base(llm_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the server is."""
    folder = tmp_path_factory.mktemp("llama")
    model = folder / "tiny.gguf"
    subprocess.run([llm_python, TINY, model], check=True, timeout=120)
    with serving(llm_python, model, name=MODEL, key=SECRET, context=1024, log=folder / "log") as url:
        yield url


class TestLlamaCpp(ProviderConformance):
    @pytest.fixture
    def provider(self, base: str) -> Provider:
        return ResetData(lambda: Account(base, SECRET))

    @pytest.fixture
    def model(self) -> str:
        return MODEL

    @pytest.fixture
    def nobody(self) -> Provider:
        return ResetData(lambda: Account("http://127.0.0.1:1/v1", SECRET))

    async def test_context_and_schema_are_told(self, provider: Provider) -> None:
        assert await provider.models() == (Model(MODEL, 1024, frozenset({"schema"})),)

    async def test_tokens_are_counted_and_a_bounded_reply_says_so(self, provider: Provider) -> None:
        said = await ask(provider, request(MODEL, max_tokens=9))
        assert said.tokens.told
        assert said.tokens.reply == 9
        assert said.shortened

    async def test_the_same_seed_says_the_same(self, provider: Provider) -> None:
        asked = request(MODEL, max_tokens=9, seed=7)
        assert (await ask(provider, asked)).text == (await ask(provider, asked)).text

    async def test_a_schema_is_kept_to(self, provider: Provider) -> None:
        schema = {
            "type": "object",
            "properties": {"done": {"type": "boolean"}},
            "required": ["done"],
            "additionalProperties": False,
        }
        said = await ask(provider, request(MODEL, schema=schema, max_tokens=64))
        assert isinstance(json.loads(said.text)["done"], bool)

    async def test_more_than_it_can_read_is_a_fault_of_its_own_kind(self, provider: Provider) -> None:
        fault = await told(provider, request(MODEL, messages=(Message("user", "x" * 5000),)))
        assert fault.kind == "context"

    async def test_a_wrong_key_is_denied(self, base: str) -> None:
        fault = await told(ResetData(lambda: Account(base, "wrong-canary")), request(MODEL))
        assert fault.kind == "denied"
        assert "canary" not in fault.message
