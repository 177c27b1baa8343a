"""The environment is read once, and every fault is told at once."""

from pathlib import Path
from typing import Any

import pytest

from chorus.config import EnvironmentConfig, read
from chorus_hooks.errors import ConfigError
from chorus_hooks.setting import SecretError, Setting, choice, duration, integer, names, text

PORT = Setting("CHORUS_PORT", integer(0, 65535), 8080, "A port")
TOKEN = Setting("CHORUS_TOKEN", text, "", "A token", secret=True)
MODE = Setting("CHORUS_MODE", choice("open", "strict"), "open", "A mode")
PLUGINS: Setting[tuple[str, ...]] = Setting("CHORUS_PLUGINS", names, (), "Names")
ALL: tuple[Setting[Any], ...] = (PORT, TOKEN, MODE, PLUGINS)


def config(**environment: str) -> EnvironmentConfig:
    return read(ALL, environment)


def test_what_is_not_set_has_its_default() -> None:
    assert config()[PORT] == 8080
    assert config().values["CHORUS_PORT"].origin == "default"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert config(CHORUS_PORT="")[PORT] == 8080


def test_a_set_variable_is_parsed() -> None:
    assert config(CHORUS_PORT="9")[PORT] == 9
    assert config(CHORUS_PLUGINS="a, b,")[PLUGINS] == ("a", "b")


def test_the_command_line_beats_the_environment() -> None:
    made = read(ALL, {"CHORUS_PORT": "9"}, {"CHORUS_PORT": "10"})
    assert (made[PORT], made.values["CHORUS_PORT"].origin) == (10, "command line")


def test_a_value_can_come_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    made = config(CHORUS_TOKEN_FILE=str(tmp_path / "token"))
    assert (made[TOKEN], made.values["CHORUS_TOKEN"].origin) == ("abc", "file")


def test_every_fault_is_listed_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        config(CHORUS_PORT="70000", CHORUS_MODE="lax", CHORUS_TOKEN_FILE="/does/not/exist")
    assert "CHORUS_PORT: 70000 is not between 0 and 65535" in caught.value.message
    assert "CHORUS_MODE: 'lax' is none of open, strict" in caught.value.message
    assert "/does/not/exist cannot be read" in caught.value.message


def test_both_a_value_and_its_file_is_a_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="set both directly and by CHORUS_TOKEN_FILE"):
        config(CHORUS_TOKEN="abc", CHORUS_TOKEN_FILE=str(tmp_path / "token"))


def test_a_faulty_secret_is_not_repeated_in_the_error() -> None:
    pin = Setting("CHORUS_PIN", integer(0, 9), 0, "A pin", secret=True)
    with pytest.raises(ConfigError) as caught:
        read([pin], {"CHORUS_PIN": "hunter2"})
    assert "hunter2" not in caught.value.message


def test_a_faulty_secret_in_a_file_is_not_repeated_either(tmp_path: Path) -> None:
    pin = Setting("CHORUS_PIN", integer(0, 9), 0, "A pin", secret=True)
    (tmp_path / "pin").write_text("hunter2")
    with pytest.raises(ConfigError) as caught:
        read([pin], {"CHORUS_PIN_FILE": str(tmp_path / "pin")})
    assert "hunter2" not in caught.value.message


def test_what_is_unfit_about_a_secret_is_told() -> None:
    def unfit(value: str) -> str:
        raise SecretError("it is too short")

    with pytest.raises(ConfigError, match="CHORUS_PIN: it is too short"):
        read([Setting("CHORUS_PIN", unfit, "", "A pin", secret=True)], {"CHORUS_PIN": "1"})


def test_a_secret_is_masked_when_shown() -> None:
    assert config(CHORUS_TOKEN="abc").values["CHORUS_TOKEN"].shown() == "********"


def test_an_unknown_name_is_warned_of_with_the_nearest_known_one() -> None:
    assert config(CHORUS_PROT="1").warnings == ("unknown setting CHORUS_PROT; did you mean CHORUS_PORT?",)


def test_other_peoples_variables_are_none_of_our_business() -> None:
    assert config(PATH="/bin", CHORUS_PORT_FILE="").warnings == ()


def test_settings_read_again_change_only_where_they_may_and_the_rest_is_told() -> None:
    live = Setting("CHORUS_LIVE", integer(0, 9), 1, "Live", live=True)
    running = read([*ALL, live], {"CHORUS_MODE": "strict"})
    renewal = running.renew(read([*ALL, live], {"CHORUS_LIVE": "7", "CHORUS_PORT": "9"}))
    assert (renewal.applied, renewal.deferred) == (("CHORUS_LIVE",), ("CHORUS_MODE", "CHORUS_PORT"))
    assert (running[live], running[PORT], running[MODE]) == (7, 8080, "strict")


def test_a_default_that_this_machine_filled_in_is_no_change() -> None:
    running = read(ALL, {})
    running.fill(MODE, "strict")
    assert running.renew(read(ALL, {})).deferred == ()


@pytest.mark.parametrize(
    ("text", "seconds"), [("500ms", 0.5), ("15s", 15), ("1.5m", 90), ("12h", 43200), ("30d", 2592000)]
)
def test_a_duration_is_seconds(text: str, seconds: float) -> None:
    assert duration(0, 1e9)(text) == seconds


@pytest.mark.parametrize("text", ["", "15", "s", "-1s", "1e3s", "1 s", "1w", "٣s", "11s"])
def test_what_is_no_duration_or_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        duration(0, 10)(text)
