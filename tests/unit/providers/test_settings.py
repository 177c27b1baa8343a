"""Where the providers are: addresses and keys that are taken, and those that are not."""

import pytest

from chorus.config import read
from chorus_hooks.errors import ConfigError
from chorus_ollama.settings import OLLAMA_ENDPOINT
from chorus_resetdata.settings import RESETDATA_API_KEY, RESETDATA_BASE_URL


@pytest.mark.parametrize(
    ("text", "endpoints"),
    [
        ("http://gpu:1234/", ("http://gpu:1234",)),
        ("gpu", ("http://gpu:11434",)),
        ("gpu:80, https://other/ollama", ("http://gpu:80", "https://other/ollama")),
        ("http://[::1]:11434", ("http://[::1]:11434",)),
    ],
)
def test_endpoints_are_taken_as_people_write_them(text: str, endpoints: tuple[str, ...]) -> None:
    assert OLLAMA_ENDPOINT.parse(text) == endpoints


@pytest.mark.parametrize(
    "text", [",", "ftp://gpu", "http://", "http://gpu:99999", "http://me:word@gpu", "a b://"]
)
def test_what_is_no_endpoint_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        OLLAMA_ENDPOINT.parse(text)


def test_a_base_keeps_its_path() -> None:
    assert RESETDATA_BASE_URL.parse("http://localhost:8080/v1/") == "http://localhost:8080/v1"


@pytest.mark.parametrize(
    "text", ["localhost:8080", "http://h/v1?key=x", "http://me:word@h/v1", "http://h:x/"]
)
def test_what_is_no_base_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        RESETDATA_BASE_URL.parse(text)


def test_a_password_in_an_address_is_not_repeated() -> None:
    for setting in (OLLAMA_ENDPOINT, RESETDATA_BASE_URL):
        with pytest.raises(ConfigError) as caught:
            read([setting], {setting.name: "http://me:canary@gpu/v1"})
        assert "canary" not in caught.value.message


@pytest.mark.parametrize("text", ["two words", "line\nbreak", "\u200bpasted", "nul\0"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read([RESETDATA_API_KEY], {"RESETDATA_API_KEY": text})
    assert text not in caught.value.message
