"""What Ollama tells of its models: `GET /api/tags` and `POST /api/show`. Pure."""

from collections.abc import Mapping
from typing import Any, Final

from chorus_hooks.provider import Ability, Model
from chorus_hooks.provider_stream import a_count, a_list, a_text, an_object

_ABILITIES: Final[dict[str, Ability]] = {"tools": "tools"}


def names(tags: Mapping[str, Any]) -> tuple[str, ...]:
    """The models that it has. Raises ProviderFault."""
    listed = (an_object(entry) for entry in a_list(tags.get("models")))
    return tuple(name for entry in listed if (name := a_text(entry.get("name") or entry.get("model"))))


def described(name: str, shown: Mapping[str, Any]) -> Model:
    """A model, by what Ollama shows of it. Each can be held to a schema: the server has the grammar."""
    info = shown.get("model_info")
    lengths = [value for key, value in info.items() if _is_length(key)] if isinstance(info, dict) else []
    told = shown.get("capabilities")
    able = (
        {_ABILITIES[word] for word in told if isinstance(word, str) and word in _ABILITIES}
        if isinstance(told, list)
        else set()
    )
    return Model(name, a_count(lengths[0]) if lengths else None, frozenset({*able, "schema"}))


def _is_length(key: object) -> bool:
    return isinstance(key, str) and key.endswith(".context_length")
