"""Which node the commands of this process talk to, and the file by which a node says where it is."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chorus.local_mesh.place import places
from chorus.state_dir import node_is_up
from chorus_hooks.endpoint import API_TOKEN, TOKEN_FILE, URL
from chorus_hooks.errors import ConfigError, Refused, Unreachable
from chorus_hooks.node import STATE_DIR
from chorus_hooks.setting import Config

API_FILE = "api.json"


@dataclass(frozen=True)
class NodeEndpoint:
    """Implements `chorus_hooks.endpoint.Endpoint`. `named` when CHORUS_URL says so: then it may be anywhere,
    and `state_dir` is None."""

    url: str
    token: str
    named: bool
    state_dir: Path | None = None


def find(config: Config) -> NodeEndpoint | None:
    """The node that CHORUS_URL names, else the one that is up on the state dir, else the first of `up` there.

    Raises ConfigError for a URL without a token, Unreachable for a node that has just begun or ends.
    """
    if config[URL]:
        if not config[API_TOKEN]:
            raise ConfigError(
                f"{URL.name} names a node, but there is no token for it",
                hint=f"give {API_TOKEN.name} or {API_TOKEN.name}_FILE: what is in that node's {TOKEN_FILE}",
            )
        return NodeEndpoint(config[URL], config[API_TOKEN], named=True)
    state_dir = next(_up(config[STATE_DIR]), None)
    if state_dir is None:
        return None
    url = _announced(state_dir / API_FILE)
    return NodeEndpoint(url, config[API_TOKEN] or _token(state_dir / TOKEN_FILE), False, state_dir)


def p2p_addresses(state_dir: Path) -> tuple[str, ...]:
    """Where the nodes that are up on a state dir can be dialled by peers; empty when none is up."""
    return tuple(address for up in _up(state_dir) for address in _p2p(up / API_FILE))


@contextmanager
def announced(path: Path, document: Mapping[str, object]) -> Iterator[None]:
    """Write the file that says where this node is; it goes when the node stops."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        draft.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        draft.rename(path)
    except OSError as error:
        raise Refused(
            f"{path} cannot be written: {error.strerror}", hint="free some space on the disk"
        ) from None
    try:
        yield
    finally:
        path.unlink(missing_ok=True)


def _up(state_dir: Path) -> Iterator[Path]:
    """The state dirs with a node that is up: this one, and those of `chorus up` in it."""
    yield from filter(node_is_up, (state_dir, *(place.state_dir for place in places(state_dir))))


def _p2p(path: Path) -> tuple[str, ...]:
    try:
        addresses = json.loads(path.read_text(encoding="utf-8"))["p2p"]
        return tuple(address for address in addresses if isinstance(address, str))
    except (OSError, ValueError, KeyError, TypeError):  # it starts or stops
        return ()


def _announced(path: Path) -> str:
    try:
        return str(json.loads(path.read_text(encoding="utf-8"))["api"])
    except (OSError, ValueError, KeyError, TypeError):
        raise Unreachable(
            f"the node on {path.parent} is starting or stopping", hint="ask again in a second"
        ) from None


def _token(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise Unreachable(
            f"the node's token cannot be read from {path}", hint=f"give it with {API_TOKEN.name}"
        ) from None
