"""A provider offers models, streams a reply, counts, and says how it is; whatever the model says."""

import pytest
import trio

from chorus.testing.provider.bench import LONG_S, ask, request, told
from chorus_hooks.provider import Provider, ProviderFault


class AnsweringPromises:
    """Models, chats, tokens, health, hanging up."""

    async def test_the_model_is_among_those_it_offers(self, provider: Provider, model: str) -> None:
        """A context that is told is a number of tokens."""
        with trio.fail_after(LONG_S):
            offered = await provider.models()
        assert model in {one.name for one in offered}
        assert all(one.context is None or one.context > 0 for one in offered)
        assert len({one.name for one in offered}) == len(offered)

    async def test_it_has_a_name_and_is_ready(self, provider: Provider) -> None:
        """A name that can stand in a list separated by commas."""
        assert provider.name
        assert not set(provider.name) & set(", \t\n")
        assert provider.ready

    async def test_a_reply_comes_in_pieces_that_are_text(self, provider: Provider, model: str) -> None:
        """None of them empty, each of them text that can be written down."""
        said = await ask(provider, request(model, max_tokens=16))
        assert said.text
        assert all(said.pieces)
        said.text.encode()

    async def test_what_a_reply_used_is_known_at_its_end(self, provider: Provider, model: str) -> None:
        """Counted by the server, or estimated and then said so."""
        said = await ask(provider, request(model, max_tokens=16))
        assert said.tokens.prompt > 0
        assert said.tokens.reply > 0

    async def test_chats_at_once_do_not_mix(self, provider: Provider, model: str) -> None:
        """Two readers, each at its own pace."""
        replies: list[str] = []

        async def read() -> None:
            replies.append((await ask(provider, request(model, max_tokens=8))).text)

        with trio.fail_after(LONG_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(read)
                nursery.start_soon(read)
        assert len(replies) == 2
        assert all(replies)

    async def test_leaving_early_hangs_up(self, provider: Provider, model: str) -> None:
        """After one piece, at once, and the next chat works."""
        with trio.fail_after(LONG_S):
            async with provider.chat(request(model, max_tokens=64)) as chat:
                async for _ in chat:
                    break
        assert (await ask(provider, request(model, max_tokens=8))).text

    async def test_a_cancelled_chat_ends_at_once(self, provider: Provider, model: str) -> None:
        """Cancellation is no fault, and nothing is left behind."""
        with trio.fail_after(LONG_S), trio.move_on_after(0.2):
            async with provider.chat(request(model, max_tokens=256)) as chat:
                async for _ in chat:
                    pass
            await trio.sleep_forever()
        assert (await ask(provider, request(model, max_tokens=8))).text

    async def test_it_is_healthy_and_says_what_it_has(self, provider: Provider, model: str) -> None:
        """Cheap, and in a line."""
        with trio.fail_after(LONG_S):
            health = await provider.health()
        assert health.ok, health.why
        assert model in {one.name for one in health.models}
        assert "\n" not in health.why

    async def test_nobody_there_is_told_and_not_raised_by_health(self, nobody: Provider) -> None:
        """With what to do about it."""
        with trio.fail_after(LONG_S):
            health = await nobody.health()
        assert not health.ok
        assert health.why
        assert health.cure

    async def test_nobody_there_is_a_fault_of_chats_and_models(self, nobody: Provider, model: str) -> None:
        """`unreachable`: another provider may do."""
        assert (await told(nobody, request(model))).kind == "unreachable"
        with pytest.raises(ProviderFault) as caught, trio.fail_after(LONG_S):
            await nobody.models()
        assert caught.value.kind == "unreachable"
