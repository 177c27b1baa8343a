"""Role prompts as YAML, in the layout of the original system. Pure.

    roles:
      developer:
        name: Developer
        description: Writes and changes code
        tags: [code]
        system_prompt: |
          You are …
        defaults: {models: [], capabilities: [], expertise: [], max_tasks: 2}

Only `system_prompt` is needed. `defaults` is advice: its models are preferred where they are offered.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

MAX_FILE: Final = 256 << 10
"""Bytes of one file. A prompt that long leaves no model room to work."""
MAX_PROMPT: Final = 32_000

_ID: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_FIELDS: Final = ("name", "description", "tags", "system_prompt", "defaults")
_DEFAULTS: Final = ("models", "capabilities", "expertise", "max_tasks")


class Role(msgspec.Struct, frozen=True):
    """One role. `source` is the file that it comes from, `built-in` for ours."""

    id: str
    name: str
    description: str
    tags: tuple[str, ...]
    system_prompt: str
    models: tuple[str, ...]
    capabilities: tuple[str, ...]
    expertise: tuple[str, ...]
    max_tasks: int | None
    source: str


class _Faults(list[str]):
    """What is wrong in one file."""

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    def tell(self, text: str) -> None:
        self.append(f"{self.where}: {text}")


def parse_roles(raw: bytes, source: str) -> tuple[list[Role], list[str]]:
    """The roles in a file, and everything that is wrong in it, a line each. Never raises."""
    faults = _Faults(source)
    document = _load(raw, faults)
    if faults:
        return [], faults
    roles = document.get("roles") if isinstance(document, dict) else None
    if not isinstance(roles, dict) or not roles:
        faults.tell("it has no `roles`")
        return [], faults
    for key in document:
        if key != "roles":
            faults.tell(f"{key!r} is unknown; the top has only `roles`")
    found = [_role(id_, fields, source, faults) for id_, fields in roles.items()]
    return [role for role in found if role is not None], faults


def _load(raw: bytes, faults: _Faults) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """PyYAML takes the last of equal keys without a word."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen: set[str] = set()
            for key, _ in node.value:
                name = str(key.value)
                if name in seen and name != "<<":
                    faults.tell(f"{name!r} occurs twice (line {key.start_mark.line + 1})")
                seen.add(name)
            return super().construct_mapping(node, deep)

    if len(raw) > MAX_FILE:
        faults.tell(f"it has {len(raw)} bytes; the most is {MAX_FILE}")
        return None
    try:
        return yaml.load(raw.decode("utf-8"), Loader)  # noqa: S506 - a SafeLoader
    except UnicodeDecodeError:
        faults.tell("it is not UTF-8")
    except RecursionError:
        faults.tell("it is nested too deeply")
    except (yaml.YAMLError, ValueError) as error:
        faults.tell(" ".join(str(error).split()))
    return None


def _role(id_: object, fields: object, source: str, faults: _Faults) -> Role | None:
    before = len(faults)
    if not isinstance(id_, str) or not _ID.fullmatch(id_):
        faults.tell(f"{id_!r} is no role id: small letters, digits, - and _")
        return None
    if not isinstance(fields, dict):
        faults.tell(f"{id_}: it has no fields")
        return None
    _unknown(fields, _FIELDS, id_, faults)
    defaults = fields.get("defaults") or {}
    if not isinstance(defaults, dict):
        faults.tell(f"{id_}: `defaults` is no mapping")
        defaults = {}
    _unknown(defaults, _DEFAULTS, f"{id_}.defaults", faults)
    prompt = _text(fields, "system_prompt", id_, faults)
    if not prompt.strip():
        faults.tell(f"{id_}: it has no `system_prompt`")
    elif len(prompt) > MAX_PROMPT:
        faults.tell(f"{id_}: its `system_prompt` has {len(prompt)} characters; the most is {MAX_PROMPT}")
    role = Role(
        id=id_,
        name=_text(fields, "name", id_, faults) or id_,
        description=_text(fields, "description", id_, faults),
        tags=_words(fields, "tags", id_, faults),
        system_prompt=prompt,
        models=_words(defaults, "models", id_, faults),
        capabilities=_words(defaults, "capabilities", id_, faults),
        expertise=_words(defaults, "expertise", id_, faults),
        max_tasks=_count(defaults, id_, faults),
        source=source,
    )
    return role if len(faults) == before else None


def _unknown(fields: Mapping[object, object], known: tuple[str, ...], where: str, faults: _Faults) -> None:
    for key in fields:
        if key not in known:
            faults.tell(f"{where}: {key!r} is unknown; there are {', '.join(known)}")


def _text(fields: Mapping[Any, Any], key: str, id_: str, faults: _Faults) -> str:
    value = fields.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    faults.tell(f"{id_}: `{key}` is no text")
    return ""


def _words(fields: Mapping[Any, Any], key: str, id_: str, faults: _Faults) -> tuple[str, ...]:
    value = fields.get(key)
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return tuple(value)
    faults.tell(f"{id_}: `{key}` is no list of texts")
    return ()


def _count(fields: Mapping[Any, Any], id_: str, faults: _Faults) -> int | None:
    value = fields.get("max_tasks")
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 256):
        return value
    faults.tell(f"{id_}: `max_tasks` is {value!r}, not a number from 1 to 256")
    return None
