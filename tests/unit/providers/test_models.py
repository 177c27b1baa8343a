"""What servers tell of their models, and what an answer that is no reply means."""

import json

from hypothesis import given
from hypothesis import strategies as st

from chorus_hooks.provider import Model, ProviderFault
from chorus_ollama import models as of_ollama
from chorus_ollama import provider as ollama
from chorus_resetdata import provider as resetdata
from chorus_resetdata.models import listed

FIELDS = st.sampled_from(
    [
        *("data", "id", "meta", "n_ctx", "context_length", "models", "name", "model_info", "capabilities"),
        *("a.context_length", "supported_parameters", "owned_by", "error", "message", "code", "detail"),
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=20,
)
DOCUMENTS = st.dictionaries(
    st.sampled_from(["data", "models", "model_info", "capabilities"]), JSON, max_size=3
)


@given(DOCUMENTS)
def test_any_document_is_models_or_a_fault(document: dict[str, object]) -> None:
    for read in (listed, of_ollama.names, lambda shown: of_ollama.described("m", shown)):
        try:
            read(document)
        except ProviderFault as fault:
            assert fault.kind == "cut"


@given(st.integers(300, 599), JSON | st.binary())
def test_any_refusal_is_a_fault_in_one_line_without_the_key(status: int, body: object) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    for fault in (
        ollama.refusal("S", status, {}, raw),
        resetdata.refusal("S", status, {}, raw + b"canary", secret="canary"),
    ):
        assert fault.message.isprintable()
        assert "canary" not in fault.message
        assert len(fault.message) < 400


def test_each_server_calls_the_context_by_another_name() -> None:
    data = [
        {"id": "vllm", "max_model_len": 4096, "owned_by": "vllm"},
        {"id": "openrouter", "context_length": 8192, "supported_parameters": ["tools", "seed"]},
        {"id": "llama", "owned_by": "llamacpp", "meta": {"n_ctx": 512, "n_ctx_train": 131072}},
        {"id": "openai", "owned_by": "system"},
    ]
    assert listed({"object": "list", "data": data}) == (
        Model("vllm", 4096, frozenset({"schema"})),
        Model("openrouter", 8192, frozenset({"tools"})),
        Model("llama", 512, frozenset({"schema"})),
        Model("openai"),
    )


def test_ollama_tells_of_a_model_by_its_architecture() -> None:
    shown = {"model_info": {"llama.context_length": 131072}, "capabilities": ["completion", "tools"]}
    assert of_ollama.described("m", shown) == Model("m", 131072, frozenset({"tools", "schema"}))


def test_errors_of_other_servers_are_read_too() -> None:
    validation = b'{"detail": [{"loc": ["body"], "msg": "field required"}]}'
    assert "field required" in resetdata.refusal("S", 422, {}, validation).message
    too_long = b'{"error": {"message": "too long", "code": "context_length_exceeded"}}'
    assert resetdata.refusal("S", 400, {}, too_long).kind == "context"
