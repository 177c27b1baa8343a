"""Which models are wanted for which role: `CHORUS_MODELS`. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from chorus_hooks.provider import Model

DEFAULT: Final = "default"
_NO_CHAT: Final = ("embed", "rerank", "whisper", "tts", "bge-", "guard", "moderation")

Wishes = Mapping[str, tuple[str, ...]]


def parse_models(value: str) -> dict[str, tuple[str, ...]]:
    """`role=model`, comma-separated; `default` is every other role, and may be left out.

    A model is `name` or `provider/name`; several for one role are separated by `|` and tried in that order.
    Raises ValueError, with a text for a person.
    """
    wishes: dict[str, tuple[str, ...]] = {}
    for part in filter(None, (word.strip() for word in value.split(","))):
        role, equals, models = part.partition("=")
        role, models = (role.strip(), models) if equals else (DEFAULT, role)
        wanted = tuple(model.strip() for model in models.split("|"))
        if not role or not all(wanted):
            raise ValueError(f"{part!r} is not like developer=llama3.1:8b or default=provider/model|other")
        if role in wishes:
            raise ValueError(f"the role {role} occurs twice: separate its models by |")
        wishes[role] = wanted
    return wishes


def wanted(model: str | None, role: str, wishes: Wishes) -> tuple[str, ...]:
    """What a task wants: the model that it names, else what is set for its role. Empty: any."""
    return (model,) if model else wishes.get(role) or wishes.get(DEFAULT) or ()


def pick(provider: str, offered: Sequence[Model], want: str) -> Model | None:
    """The offered model that a wish means."""
    name = named(provider, want)
    for exact in (name, want, f"{name}:latest"):
        for model in offered:
            if model.name == exact:
                return model
    return None


def named(provider: str, want: str) -> str:
    """The model's own name in a wish that begins with this provider."""
    return want.removeprefix(f"{provider}/")


def can_chat(models: Sequence[Model]) -> Iterator[Model]:
    """Those whose name does not say that they are for something else."""
    return (model for model in models if not any(word in model.name.lower() for word in _NO_CHAT))
