"""Environment variables that a page names exist."""

import re
from functools import cache
from pathlib import Path

import pytest

from chorus.plugins import OWN_DISTRIBUTION, PluginHost, discover
from chorus.registry import Registry
from chorus.settings import CORE
from tests.unit.docs.markdown import by_name, pages, read

_NAME = re.compile(r"\bCHORUS_[A-Z][A-Z_]*[A-Z]\b(?!_?[<…])")
ELSEWHERE = {
    "CHORUS_TEST_STRICT",
    "CHORUS_SOAK_ROUNDS",
    "CHORUS_HELLO_NAME",
    "CHORUS_API",
    "CHORUS_TYPO",
    "CHORUS_NULL_SANDBOX",
    "CHORUS_GOAL",
    "CHORUS_MODEL",
}
"""Of the tests, of the plugins in contrib, the plugin API's number in Python, the example of a mistake, and
what an agent finds in its sandbox."""


@cache
def known() -> frozenset[str]:
    host = PluginHost(point for point in discover() if point[1] == OWN_DISTRIBUTION)
    names = {setting.name for setting in CORE} | set(Registry(host).settings())
    return frozenset(names | {f"{name}_FILE" for name in names} | ELSEWHERE)


def unknown(text: str) -> set[str]:
    return set(_NAME.findall(text)) - known()


@pytest.mark.parametrize("page", pages(), ids=by_name)
def test_every_variable_named_exists(page: Path) -> None:
    assert unknown(read(page)) == set()


def test_a_variable_that_does_not_exist_is_seen() -> None:
    assert unknown("`CHORUS_SANDBOX`, `CHORUS_SANDBOXES`, `CHORUS_SANDBOX_FILE`") == {"CHORUS_SANDBOXES"}


def test_a_family_of_variables_may_be_named() -> None:
    assert unknown("`CHORUS_IMAGE_<LANGUAGE>` or `CHORUS_…`") == set()
