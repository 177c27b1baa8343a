"""What `GET /models` lists. The OpenAI API tells names only; servers add how much a model can read. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from chorus_hooks.provider import Ability, Model
from chorus_hooks.provider_stream import a_count, a_list, a_text, an_object

LENGTHS: Final = ("max_model_len", "context_length", "max_context_length", "context_window", "n_ctx")
"""As vLLM, OpenRouter, Mistral, Groq and llama.cpp call it."""
_ABILITIES: Final[dict[str, Ability]] = {
    "tools": "tools",
    "structured_outputs": "schema",
    "response_format": "schema",
}
_HELD_TO_SCHEMA: Final = ("vllm", "llamacpp")
"""Owners of all models of a server that has the grammar itself."""


def listed(document: Mapping[str, Any]) -> tuple[Model, ...]:
    """The models of an answer. Raises ProviderFault."""
    found = (an_object(entry) for entry in a_list(document.get("data")))
    return tuple(_model(name, entry) for entry in found if (name := a_text(entry.get("id"))))


def _model(name: str, entry: Mapping[str, Any]) -> Model:
    meta = entry.get("meta")
    places = [entry, meta] if isinstance(meta, dict) else [entry]
    lengths = [length for place in places for key in LENGTHS if (length := a_count(place.get(key)))]
    return Model(name, lengths[0] if lengths else None, frozenset(_abilities(entry)))


def _abilities(entry: Mapping[str, Any]) -> set[Ability]:
    told = entry.get("supported_parameters")
    able = (
        {_ABILITIES[word] for word in told if isinstance(word, str) and word in _ABILITIES}
        if isinstance(told, list)
        else set()
    )
    return able | {"schema"} if entry.get("owned_by") in _HELD_TO_SCHEMA else able
