"""The environment of the reasoner."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from chorus_hooks.setting import Setting, choice, duration, integer, names, path, text
from chorus_reasoner.price import Price, parse_prices
from chorus_reasoner.wish import Wishes, parse_models

AI_PROVIDERS: Final[Setting[tuple[str, ...]]] = Setting(
    "CHORUS_AI_PROVIDERS",
    names,
    ("ollama", "resetdata"),
    "Providers of models, in the order in which they are asked; others are not asked",
    live=True,
)
MODELS: Final[Setting[Wishes]] = Setting(
    "CHORUS_MODELS",
    parse_models,
    {},
    "Models for roles: `developer=llama3.1:8b,default=resetdata/meta/llama-3.1-8b-instruct`; several for one"
    " role are separated by `|` and tried in order. Default: the first model that a provider offers",
    live=True,
)
PRICES: Final[Setting[Mapping[str, Price]]] = Setting(
    "CHORUS_PRICES",
    parse_prices,
    {},
    "Price of a million tokens read and written: `resetdata/meta/llama-3.1-8b-instruct=0.20/0.60`, or"
    " `ollama=0/0` for all models of a provider. Without a price a cost is not told",
    live=True,
)
MODEL_CONTEXT: Final[Setting[int]] = Setting(
    "CHORUS_MODEL_CONTEXT",
    integer(1024, 100_000_000),
    8192,
    "How many tokens a model can read where its provider does not tell",
    live=True,
)
MODEL_TIMEOUT: Final[Setting[float]] = Setting(
    "CHORUS_MODEL_TIMEOUT",
    duration(0.1, 86400),
    300.0,
    "How long a model may be silent, before its first word too, until another one is asked. Default: 5m",
    live=True,
)
APPROVE: Final[Setting[str]] = Setting(
    "CHORUS_APPROVE",
    choice("none", "plan", "command"),
    "none",
    "What of a goal waits for a person: `plan`, or `command`, each command and each change of a file",
    live=True,
)
APPROVE_TIMEOUT: Final[Setting[float]] = Setting(
    "CHORUS_APPROVE_TIMEOUT",
    duration(1.0, 30 * 86400.0),
    86400.0,
    "How long a question waits for a person; no answer is a no. Default: 1d",
    live=True,
)
ROLE: Final[Setting[str]] = Setting(
    "CHORUS_ROLE",
    text,
    "developer",
    "The role of goal tasks that name none (see `chorus prompts list`)",
    live=True,
)
PROMPTS_DIR: Final[Setting[Path | None]] = Setting(
    "CHORUS_PROMPTS_DIR",
    path,
    None,
    "A directory of role prompts (*.yaml, *.yml), read beside the built-in ones. Default: none",
    live=True,
)
INSTRUCTIONS: Final[Setting[Path | None]] = Setting(
    "CHORUS_DEFAULT_INSTRUCTIONS_PATH",
    path,
    None,
    "Instructions that follow the prompt of every role. Default: defaults.md or defaults.txt in"
    " CHORUS_PROMPTS_DIR, else built in",
    live=True,
)

SETTINGS: Final[tuple[Setting[Any], ...]] = (
    AI_PROVIDERS,
    MODELS,
    PRICES,
    MODEL_CONTEXT,
    MODEL_TIMEOUT,
    APPROVE,
    APPROVE_TIMEOUT,
    ROLE,
    PROMPTS_DIR,
    INSTRUCTIONS,
)
