"""What the server says is what the caller gets: texts, calls, counts, endings."""

import json

import pytest

from chorus.testing.provider.bench import Play, ask, request
from chorus_hooks.provider import Message, Provider, Tokens, Tool, ToolCall

RUN = Tool("run", "Run a command", {"type": "object", "properties": {"line": {"type": "string"}}})


class PlayingPromises:
    """Over a server that plays a script."""

    @pytest.mark.parametrize("piece", [1, 5, 1000])
    async def test_the_text_is_what_the_server_said(self, provider: Provider, play: Play, piece: int) -> None:
        """Newlines, blanks, marks of the wire itself, letters of every length."""
        text = ' a\n\ndata: [DONE]\n{"done": true}\r\n\tñ 日本 🎻 e\u0301 \u2028\x00 ends with blanks  '
        await play([{"text": text, "piece": piece}])
        said = await ask(provider, request("scripted"))
        assert said.text == text
        assert not said.shortened
        assert said.calls == ()

    async def test_what_the_server_counted_is_told(self, provider: Provider, play: Play) -> None:
        """`told` says that it did."""
        await play([{"text": "yes", "usage": [123, 45]}])
        assert (await ask(provider, request("scripted"))).tokens == Tokens(123, 45, told=True)

    @pytest.mark.parametrize("usage", [None, [-1, 5], ["many", 5], [1.5, 2], [True, True], {}, [10**30, 1]])
    async def test_a_count_that_is_none_is_estimated(
        self, provider: Provider, play: Play, usage: object
    ) -> None:
        """A wrong one would spend a budget, or none of it."""
        await play([{"text": "some words here", "usage": usage}])
        tokens = (await ask(provider, request("scripted"))).tokens
        assert not tokens.told
        assert 1 <= tokens.prompt <= 100
        assert 1 <= tokens.reply <= 100

    async def test_a_reply_that_is_too_long_says_so(self, provider: Provider, play: Play) -> None:
        """`shortened`, and what there is of it."""
        await play([{"text": "and then", "finish": "length"}])
        said = await ask(provider, request("scripted", max_tokens=2))
        assert said.shortened
        assert said.text == "and then"

    async def test_calls_of_tools_are_complete_at_the_end(self, provider: Provider, play: Play) -> None:
        """In order, with arguments as text, and names of their own."""
        calls = [{"name": "run", "arguments": {"line": "ls é"}}, {"name": "run", "arguments": {}}]
        await play([{"text": "I look.", "calls": calls}])
        said = await ask(provider, request("scripted", tools=(RUN,)))
        assert said.text == "I look."
        assert [(call.name, json.loads(call.arguments)) for call in said.calls] == [
            ("run", {"line": "ls é"}),
            ("run", {}),
        ]
        assert len({call.id for call in said.calls}) == 2

    async def test_a_call_and_its_answer_can_be_told_back(self, provider: Provider, play: Play) -> None:
        """Also one whose arguments are no JSON."""
        await play([{"text": "done", "expect": "a.txt"}])
        call = ToolCall("c1", "run", "{not json")
        messages = (
            Message("user", "Look."),
            Message("assistant", "", calls=(call,)),
            Message("tool", "a.txt", call_id="c1"),
        )
        assert (await ask(provider, request("scripted", messages=messages))).text == "done"

    async def test_a_schema_is_asked_for(self, provider: Provider, play: Play) -> None:
        """Whether it is kept to is the model's matter."""
        await play([{"text": '{"a": 1}'}])
        said = await ask(provider, request("scripted", schema={"type": "object"}))
        assert json.loads(said.text) == {"a": 1}

    async def test_a_reply_of_no_text_is_whole(self, provider: Provider, play: Play) -> None:
        """A model may say nothing; the server says that it did."""
        await play([{"text": ""}])
        assert (await ask(provider, request("scripted"))).pieces == ()
