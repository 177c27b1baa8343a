"""The token in the state dir: made once, private, rotated by whoever replaces it, and never lost."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from chorus_hooks.endpoint import API_TOKEN, TOKEN_FILE
from chorus_hooks.errors import Refused
from chorus_http.server import token as tokens
from chorus_http.server.token import LOOK_S, Token, ensure
from tests.unit.http.settings import Settings


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / TOKEN_FILE


class Clock:
    """The clock of the process, for one test."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(tokens, "time", made)
    return made


def prepared(path: Path) -> Token:
    made = Token(Settings({}), path.parent)
    made.prepare()
    return made


def test_it_is_made_once_and_nobody_else_can_read_it(path: Path) -> None:
    old = os.umask(0)
    try:
        made = ensure(path)
    finally:
        os.umask(old)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(made) >= 32
    assert ensure(path) == made
    assert [file.name for file in path.parent.iterdir()] == [TOKEN_FILE]


def test_of_many_who_make_it_at_once_all_get_the_same(path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        made = set(threads.map(lambda _: ensure(path), range(32)))
    assert made == {path.read_text().strip()}
    assert [file.name for file in path.parent.iterdir()] == [TOKEN_FILE]


def test_an_empty_file_as_a_full_disk_leaves_it_is_replaced(path: Path) -> None:
    path.touch(0o644)
    made = ensure(path)
    assert made
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_to_a_secret_that_is_kept_elsewhere_is_followed(path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "mounted"
    kept.write_text("kept-elsewhere-for-this-test\n")
    path.symlink_to(kept)
    assert ensure(path) == "kept-elsewhere-for-this-test"
    assert path.is_symlink()


@pytest.mark.parametrize("target", ["gone", TOKEN_FILE, "."])
def test_what_cannot_be_read_nor_made_is_an_error_for_a_person(path: Path, target: str) -> None:
    path.symlink_to(target)
    with pytest.raises(Refused, match=TOKEN_FILE) as caught:
        ensure(path)
    assert caught.value.hint
    assert [file.name for file in path.parent.iterdir()] == [TOKEN_FILE]


def test_a_state_dir_that_is_gone_is_an_error_for_a_person(path: Path) -> None:
    with pytest.raises(Refused, match=TOKEN_FILE):
        ensure(path / TOKEN_FILE)


def test_a_rotated_token_counts_within_a_second_and_the_old_one_no_more(path: Path, clock: Clock) -> None:
    token = prepared(path)
    old = path.read_bytes().strip()
    assert token.accepts(old)
    draft = path.with_name("draft")
    draft.write_text("rotated-for-this-test\n")
    draft.replace(path)
    clock.now += LOOK_S
    assert token.accepts(b"rotated-for-this-test")
    assert not token.accepts(old)


@pytest.mark.parametrize("empty", [True, False])
def test_a_token_that_is_gone_or_empty_lets_nobody_new_in_and_nobody_out(
    path: Path, clock: Clock, empty: bool
) -> None:
    token = prepared(path)
    old = path.read_bytes().strip()
    path.write_text("\n") if empty else path.unlink()
    clock.now += LOOK_S
    assert token.accepts(old)
    assert not token.accepts(b"")
    path.write_text("rotated-for-this-test\n")
    clock.now += LOOK_S
    assert token.accepts(b"rotated-for-this-test")


def test_one_that_is_set_is_the_only_one_and_nothing_is_made(path: Path) -> None:
    settings = Settings({API_TOKEN: "set-for-this-test"})
    token = Token(settings, path.parent)
    token.prepare()
    assert not path.exists()
    assert token.accepts(b"set-for-this-test")
    settings.given[API_TOKEN] = "set-again-for-this-test"
    assert token.accepts(b"set-again-for-this-test")
    assert not token.accepts(b"set-for-this-test")


def test_before_there_is_a_token_nothing_is_accepted(path: Path) -> None:
    token = Token(Settings({}), path.parent)
    assert not token.accepts(b"")
