"""The contract is complete: documented hooks, typed and keyword-only, each implemented by somebody."""

import inspect

import pytest

import chorus_hooks
from chorus.plugins import PluginHost, discover
from chorus_hooks import specs

HOOKS = sorted(name for name in vars(specs) if name.startswith("chorus_"))


def test_the_exported_names_are_frozen() -> None:
    assert sorted(chorus_hooks.__all__) == ["API_VERSION", "hookimpl", "hookspec"]
    assert chorus_hooks.API_VERSION == 1


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_registers_or_tells_and_says_what_for(name: str) -> None:
    spec = getattr(specs, name)
    assert name.startswith(("chorus_register_", "chorus_on_"))
    assert spec.__doc__
    signature = inspect.signature(spec)
    assert all(
        parameter.annotation is not inspect.Parameter.empty for parameter in signature.parameters.values()
    )


@pytest.mark.parametrize("name", [name for name in HOOKS if name.startswith("chorus_register_")])
def test_every_register_hook_is_used_by_a_built_in_plugin(name: str) -> None:
    assert list(PluginHost(discover()).each(name))
