"""Both plugins load light, and their checks never fail a node that runs commands only."""

import subprocess
import sys
from typing import cast

import pytest

from chorus_hooks.provider import Model, ProviderHealth
from chorus_hooks.provider_check import judge, provider_check
from chorus_hooks.service import Capabilities
from chorus_resetdata.provider import Account, ResetData


@pytest.mark.parametrize("plugin", ["chorus_ollama", "chorus_resetdata"])
def test_a_plugin_imports_nothing_heavy_before_it_is_asked(plugin: str) -> None:
    look = f"import sys, {plugin}.plugin; print(sorted({{'trio', 'httpx', 'ssl'}} & set(sys.modules)))"
    assert subprocess.check_output([sys.executable, "-c", look], text=True) == "[]\n"


@pytest.mark.parametrize("plugin", ["chorus_ollama", "chorus_resetdata"])
def test_a_provider_that_is_registered_is_not_connected(plugin: str) -> None:
    look = f"import sys, {plugin}.provider; print('httpx' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", look], text=True) == "False\n"


def test_a_provider_without_an_answer_or_a_model_is_a_warning_with_a_cure() -> None:
    for health in (
        ProviderHealth(False, "silence", "wake it"),
        ProviderHealth(True, "it answers", "get one"),
    ):
        finding = judge(health)
        assert finding.status == "warning"
        assert finding.cure == health.cure


def test_many_models_are_told_in_a_line() -> None:
    models = tuple(Model(f"m{number}") for number in range(300))
    finding = judge(ProviderHealth(True, "it answers", models=models))
    assert finding.status == "ok"
    assert finding.text == "it answers: m0, m1, m2, m3, m4 and 295 more"


async def test_a_service_that_nobody_set_up_is_not_asked() -> None:
    provider = ResetData(lambda: Account("http://127.0.0.1:1/v1"))
    check = provider_check("resetdata", lambda: provider, set_up="RESETDATA_API_KEY")
    finding = await check.probe(cast(Capabilities, None))
    assert finding.status == "ok"
    assert "RESETDATA_API_KEY" in finding.text
