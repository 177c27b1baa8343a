"""Answers the requests of an agent: which protocol, who may ask, and what comes back."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from secrets import compare_digest
from typing import Final

import msgspec
import trio

from chorus_gateway.anthropic import Anthropic
from chorus_gateway.asked import STATUS, Answer, Asked, Refusal, Wire, tokens_of
from chorus_gateway.carrier import Connection
from chorus_gateway.http import JSON, Conversation, Request
from chorus_gateway.openai import OpenAI, listed
from chorus_hooks.agent import Lent, NoReply, NoReplyKind

ALIAS: Final = "chorus"
"""The name under which an agent asks for whatever model the task may use."""

_OPENAI: Final = OpenAI()
_ANTHROPIC: Final = Anthropic()
_MODELS: Final = "/v1/models"
_COUNT: Final = "/v1/messages/count_tokens"
_CHATS: Final[Mapping[str, Wire]] = {"/v1/chat/completions": _OPENAI, "/v1/messages": _ANTHROPIC}
_CODES: Final[Mapping[NoReplyKind, str]] = {
    "limit": "limit_reached",
    "context": "context_length_exceeded",
    "invalid": "invalid_request",
    "unavailable": "model_unavailable",
    "cut": "reply_cut",
}
_FINAL: Final = ("x-should-retry", "false")
"""The clients of both vendors obey it: a limit does not go away."""


@dataclass
class Gateway:
    """One attempt's. `token` is what the agent shows, `at_limit` is called when it was told of a limit."""

    lent: Lent
    token: str
    at_limit: Callable[[], None]

    async def serve(self, connection: Connection) -> None:
        """All requests of one connection. Raises BrokenPipeError when the client is away."""
        conversation = Conversation(connection)
        while True:
            wire: Wire = _OPENAI
            try:
                request = await conversation.next()
                if request is None:
                    return
                wire = _ANTHROPIC if request.path.startswith("/v1/messages") else _OPENAI
                await self._heard(conversation, request)
            except Refusal as refusal:
                await self.lent.refused(refusal.status, refusal.why)
                body = wire.error(refusal.status, refusal.why, refusal.code)
                await conversation.answer(refusal.status, body)
                await conversation.drain()
            if not conversation.goes_on():
                return

    async def _heard(self, conversation: Conversation, request: Request) -> None:
        """Answer it, unless the client leaves first: then what it asked for is dropped."""
        refusal: Refusal | None = None
        async with trio.open_nursery() as nursery:

            async def watch() -> None:
                await conversation.gone.wait()
                nursery.cancel_scope.cancel()

            nursery.start_soon(watch)
            try:
                await self._answer(conversation, request)
            except Refusal as error:  # a nursery would wrap it
                refusal = error
            except BrokenPipeError:
                pass  # the client is away, which `goes_on` knows
            nursery.cancel_scope.cancel()
        if refusal is not None:
            raise refusal

    async def _answer(self, conversation: Conversation, request: Request) -> None:
        self._known(request)
        if request.method == "GET" and request.path == _MODELS:
            return await conversation.answer(200, listed([ALIAS, *await self.lent.names()]))
        if request.method == "POST" and request.path == _COUNT:
            count = tokens_of(_ANTHROPIC.parse(request.body).request)
            return await conversation.answer(200, msgspec.json.encode({"input_tokens": count}))
        wire = _CHATS.get(request.path)
        if wire is None:
            raise Refusal(404, f"there is no {request.path[:100]} here", "not_found")
        if request.method != "POST":
            raise Refusal(405, f"{request.path} takes POST", "method_not_allowed")
        asked = wire.parse(request.body)
        await self._offered(asked.model)
        await _Answering(conversation, wire, asked, self.lent, self.at_limit).run()
        return None

    def _known(self, request: Request) -> None:
        shown = request.headers.get("x-api-key") or request.headers.get("authorization", "")
        shown = shown.removeprefix("Bearer ")
        if not compare_digest(shown.encode("latin-1", "replace"), self.token.encode()):
            raise Refusal(401, "the key is not the one in OPENAI_API_KEY", "invalid_api_key")

    async def _offered(self, model: str) -> None:
        """The task says which models there are; a client gets what it asked for, or is told."""
        if model == ALIAS:
            return
        names = await self.lent.names()
        if model not in names and model not in [name.partition("/")[2] for name in names]:
            raise Refusal(404, f"there is no model {model[:100]!r}; ask for {ALIAS!r}", "model_not_found")


@dataclass
class _Answering:
    conversation: Conversation
    wire: Wire
    asked: Asked
    lent: Lent
    at_limit: Callable[[], None]

    async def run(self) -> None:
        """As a whole, or as a stream that begins with the first word."""
        answer = self.wire.answer(self.asked)
        try:
            spoken = await self.lent.reply(self.asked.request, self._hear(answer))
        except NoReply as no:
            await self._no(answer, no)
            return
        if not self.asked.stream:
            await self.conversation.answer(200, answer.whole(spoken))
            return
        if not self.conversation.begun:
            await self._begin(answer)
        await self.conversation.piece(answer.end(spoken))
        await self.conversation.end()

    def _hear(self, answer: Answer) -> Callable[[str], Awaitable[None]]:
        async def hear(words: str) -> None:
            if self.asked.stream:
                if not self.conversation.begun:
                    await self._begin(answer)
                await self.conversation.piece(answer.piece(words))

        return hear

    async def _begin(self, answer: Answer) -> None:
        await self.conversation.begin()
        await self.conversation.piece(answer.begin())

    async def _no(self, answer: Answer, no: NoReply) -> None:
        if self.conversation.begun:
            await self.conversation.piece(answer.broken(no.message))
            await self.conversation.end()
        else:
            status = STATUS[no.kind]
            headers = [JSON, _FINAL] if no.kind == "limit" else [JSON]
            body = self.wire.error(status, no.message, _CODES[no.kind])
            await self.conversation.answer(status, body, headers)
        if no.kind == "limit":
            self.at_limit()
