"""A provider that has a key keeps it to itself."""

import traceback

import pytest

from chorus.testing.provider.bench import Play, request, told
from chorus_hooks.provider import Provider


class KeepingPromises:
    """Over a server that plays a script, with `secret` as the key."""

    @pytest.mark.parametrize("step", [{"status": 401}, {"status": 500}, {"cut": 0}, {"garbage": "AAAA"}])
    async def test_the_key_is_in_no_fault(
        self, provider: Provider, play: Play, secret: str, step: dict[str, object]
    ) -> None:
        """Not in the words, the hint, the traceback or a repr; even when the server says it itself."""
        await play([{"error": f"the key {secret} is not good", **step}])
        fault = await told(provider, request("scripted"))
        everything = [*traceback.format_exception(fault), repr(fault), fault.hint, repr(provider)]
        assert secret not in "".join(everything)
