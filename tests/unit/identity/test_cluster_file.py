"""A state dir belongs to one cluster: the first that it was given, or made."""

import stat
from pathlib import Path
from typing import Any

import pytest

from chorus.config import read
from chorus_hooks.errors import ConfigError, Refused
from chorus_identity.cluster_file import load_or_create, wanted
from chorus_identity.cluster_secret import new_secret
from chorus_identity.join_token import JoinToken, encode_token
from chorus_identity.settings import CLUSTER_SECRET, JOIN, SETTINGS

ADDRESS = "/ip4/10.0.0.1/tcp/9000"
SECRET = "test-secret-0123456789abcdef-0123456789"
OTHER = "test-secret-of-others-0123456789-abcdef"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    directory = tmp_path / "scratch"
    directory.mkdir()
    return directory


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cluster.secret"


def test_without_settings_a_secret_is_made_once_and_private(path: Path, scratch: Path) -> None:
    first = load_or_create(path, scratch, None)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path, scratch, None) == first
    assert list(scratch.iterdir()) == []


def test_who_joined_stays_in_the_cluster_without_the_token_and_knows_whom_to_ask(
    path: Path, scratch: Path
) -> None:
    token = JoinToken(SECRET, (ADDRESS,))
    assert load_or_create(path, scratch, token) == token
    assert load_or_create(path, scratch, None) == token
    assert load_or_create(path, scratch, JoinToken(SECRET)) == token


def test_a_newer_token_of_the_same_cluster_has_the_newer_addresses(path: Path, scratch: Path) -> None:
    load_or_create(path, scratch, JoinToken(SECRET, (ADDRESS,)))
    newer = JoinToken(SECRET, ("/ip4/10.0.0.9/tcp/9000",))
    assert load_or_create(path, scratch, newer) == newer


def test_a_state_dir_of_another_cluster_is_refused_and_kept(path: Path, scratch: Path) -> None:
    mine = load_or_create(path, scratch, None)
    with pytest.raises(Refused, match="belongs to another cluster") as caught:
        load_or_create(path, scratch, JoinToken(SECRET))
    assert f"move {path} away" in caught.value.hint
    assert SECRET not in str(caught.value) + caught.value.hint
    assert load_or_create(path, scratch, None) == mine


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"chorus1", b"\xff" * 80, encode_token(JoinToken(SECRET)).encode()[:-1], b"chorus1" * 1000],
)
def test_a_damaged_secret_is_refused_and_kept(path: Path, scratch: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(Refused, match="damaged"):
        load_or_create(path, scratch, None)
    assert path.read_bytes() == content


def test_a_secret_open_to_others_is_refused_with_the_cure(path: Path, scratch: Path) -> None:
    load_or_create(path, scratch, None)
    path.chmod(0o644)
    with pytest.raises(Refused, match="0644") as caught:
        load_or_create(path, scratch, None)
    assert f"chmod 600 {path}" in caught.value.hint


def test_a_state_dir_that_cannot_be_written_is_refused(path: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot make the cluster secret"):
        load_or_create(path, tmp_path / "absent", None)


def config(**environment: str) -> Any:
    return read(SETTINGS, environment)


def test_the_settings_name_a_cluster_by_token_or_secret() -> None:
    token = JoinToken(SECRET, (ADDRESS,))
    word = encode_token(token)
    assert wanted(config()) is None
    assert wanted(config(CHORUS_CLUSTER_SECRET=SECRET)) == JoinToken(SECRET)
    assert wanted(config(CHORUS_JOIN=word)) == token
    assert wanted(config(CHORUS_JOIN=word, CHORUS_CLUSTER_SECRET=SECRET)) == token


def test_a_token_and_a_secret_of_two_clusters_are_a_fault() -> None:
    word = encode_token(JoinToken(SECRET))
    with pytest.raises(ConfigError, match="two different clusters"):
        wanted(config(CHORUS_JOIN=word, CHORUS_CLUSTER_SECRET=OTHER))


def test_a_token_comes_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(encode_token(JoinToken(SECRET)) + "\n")
    assert wanted(config(CHORUS_JOIN_FILE=str(file))) == JoinToken(SECRET)


@pytest.mark.parametrize("name", ["CHORUS_JOIN", "CHORUS_CLUSTER_SECRET"])
def test_a_bad_value_is_told_with_the_reason_and_not_shown(name: str, tmp_path: Path) -> None:
    bad = "chorus1" + "bad" * 5
    (tmp_path / "value").write_text(bad)
    for environment in ({name: bad}, {f"{name}_FILE": str(tmp_path / "value")}):
        with pytest.raises(ConfigError, match=r"copy it once more|it has 22 characters") as caught:
            config(**environment)
        assert bad not in caught.value.message


def test_settings_show_neither(path: Path) -> None:
    shown = config(CHORUS_JOIN=encode_token(JoinToken(new_secret())), CHORUS_CLUSTER_SECRET=SECRET)
    assert [shown.values[setting.name].shown() for setting in (JOIN, CLUSTER_SECRET)] == ["********"] * 2
