"""A command finds the node: the one that CHORUS_URL names, else the one that is up on its state dir."""

import json
from pathlib import Path

import pytest

from chorus.config import EnvironmentConfig, read
from chorus.endpoint import announced, find
from chorus.settings import CORE
from chorus.state_dir import open_state_dir
from chorus_hooks.errors import ConfigError, Refused, Unreachable

TOKEN = "test-token-of-no-worth"


def config(state_dir: Path, **environment: str) -> EnvironmentConfig:
    return read(CORE, {"CHORUS_STATE_DIR": str(state_dir), **environment})


def test_a_state_dir_without_a_node_has_no_endpoint(tmp_path: Path) -> None:
    assert find(config(tmp_path)) is None


def test_the_node_that_is_up_is_found_with_its_token(tmp_path: Path) -> None:
    (tmp_path / "api-token").write_text(TOKEN + "\n")
    with open_state_dir(tmp_path, serving=True):
        with announced(tmp_path / "api.json", {"api": "http://127.0.0.1:1234"}):
            found = find(config(tmp_path))
        with pytest.raises(Unreachable, match="starting or stopping"):
            find(config(tmp_path))
    assert found is not None
    assert (found.url, found.token, found.named) == ("http://127.0.0.1:1234", TOKEN, False)


def test_what_a_killed_node_left_is_not_believed(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps({"api": "http://127.0.0.1:1234"}))
    assert find(config(tmp_path)) is None


def test_a_named_node_wins_and_needs_its_own_token(tmp_path: Path) -> None:
    (tmp_path / "api-token").write_text(TOKEN)
    with pytest.raises(ConfigError, match="no token"):
        find(config(tmp_path, CHORUS_URL="https://example.org:8080/"))
    found = find(config(tmp_path, CHORUS_URL="https://example.org:8080/", CHORUS_API_TOKEN="x" * 16))
    assert found is not None
    assert (found.url, found.token, found.named) == ("https://example.org:8080", "x" * 16, True)


@pytest.mark.parametrize("url", ["example.org", "ftp://x", "http://", "http://a/?q", "http://u:p@host"])
def test_what_is_no_base_url_is_bad_configuration(tmp_path: Path, url: str) -> None:
    with pytest.raises(ConfigError, match="CHORUS_URL"):
        config(tmp_path, CHORUS_URL=url)


def test_a_state_dir_has_one_node_and_any_number_of_commands(tmp_path: Path) -> None:
    with (
        open_state_dir(tmp_path, serving=True),
        open_state_dir(tmp_path),
        pytest.raises(Refused, match="already runs"),
        open_state_dir(tmp_path, serving=True),
    ):
        pass
    with open_state_dir(tmp_path, serving=True) as boot:
        assert boot.serving
