"""The provider `ollama`."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any, Final, Literal

import trio

from chorus_hooks.provider import (
    ChatRequest,
    Model,
    ProviderFault,
    ProviderHealth,
    fault_of,
)
from chorus_hooks.provider_chat import StreamedChat
from chorus_hooks.provider_http import Answer, NoConnection, Patience, asked
from chorus_hooks.provider_stream import parse_object, words
from chorus_ollama.models import described, names
from chorus_ollama.reply import Reply
from chorus_ollama.request import chat_document

LOOK_S: Final = 4.0
"""To list models is a matter of milliseconds; `chorus doctor` gives a check five seconds."""
AT_ONCE: Final = 4
MOST_MODELS: Final = 200
"""Of which more than the name is asked, one request each."""
CURE: Final = "start it with `ollama serve`, or set OLLAMA_ENDPOINT to where it listens"


class Ollama:
    """A `Provider` out of the first endpoint that can be connected to. Holds nothing open."""

    name = "ollama"
    ready = True

    def __init__(self, endpoints: Callable[[], tuple[str, ...]], patience: Patience | None = None) -> None:
        self._endpoints = endpoints
        self._patience = patience or Patience()
        self._contexts: dict[str, int | None] = {}
        self._answered = ""

    async def models(self) -> tuple[Model, ...]:
        """See `Provider.models`. What is not told of a model stays unknown."""
        found = {name: Model(name, None, frozenset({"schema"})) for name in await self._names(self._patience)}
        gate = trio.CapacityLimiter(AT_ONCE)
        async with trio.open_nursery() as nursery:
            for name in list(found)[:MOST_MODELS]:
                nursery.start_soon(self._describe, found, name, gate)
        self._contexts = {name: model.context for name, model in found.items()}
        return tuple(found.values())

    @asynccontextmanager
    async def chat(self, request: ChatRequest) -> AsyncIterator[StreamedChat]:
        """See `Provider.chat`."""
        document = chat_document(request, context=self._contexts.get(request.model))
        async with self._asked("POST", "/api/chat", document, self._patience) as answer:
            yield StreamedChat(answer, Reply(request.messages))

    async def health(self) -> ProviderHealth:
        """See `Provider.health`. Asks for names only."""
        quick = replace(self._patience, connect=LOOK_S / 2, first=LOOK_S, between=LOOK_S, whole=LOOK_S)
        with trio.move_on_after(LOOK_S):
            try:
                found = await self._names(quick)
            except ProviderFault as fault:
                return ProviderHealth(False, fault.message, fault.hint or CURE)
            models = tuple(Model(name) for name in found)
            cure = "" if found else "get one: ollama pull NAME"
            return ProviderHealth(True, f"Ollama answers at {self._answered}", cure, models)
        return ProviderHealth(False, f"Ollama did not answer within {LOOK_S:g} s", CURE)

    async def _names(self, patience: Patience) -> tuple[str, ...]:
        async with self._asked("GET", "/api/tags", None, patience) as answer:
            return names(parse_object(await answer.read()))

    async def _describe(self, found: dict[str, Model], name: str, gate: trio.CapacityLimiter) -> None:
        async with gate:
            try:
                async with self._asked("POST", "/api/show", {"model": name}, self._patience) as answer:
                    found[name] = described(name, parse_object(await answer.read()))
            except ProviderFault:
                return

    @asynccontextmanager
    async def _asked(
        self,
        method: Literal["GET", "POST"],
        path: str,
        document: Mapping[str, Any] | None,
        patience: Patience,
    ) -> AsyncIterator[Answer]:
        """An answer that says yes. Raises ProviderFault."""
        async with AsyncExitStack() as stack:
            answer = await self._first(stack, method, path, document, patience)
            if not 200 <= answer.status < 300:
                raise refusal(answer.server, answer.status, answer.headers, await answer.error())
            yield answer

    async def _first(
        self,
        stack: AsyncExitStack,
        method: Literal["GET", "POST"],
        path: str,
        document: Mapping[str, Any] | None,
        patience: Patience,
    ) -> Answer:
        """Of the endpoint that answered last, or of the next one that can be connected to."""
        fault = ProviderFault("denied", "no endpoint of Ollama is set", hint=CURE)
        for endpoint in sorted(self._endpoints(), key=lambda endpoint: endpoint != self._answered):
            server = f"Ollama at {endpoint}"
            try:
                answer = await stack.enter_async_context(
                    asked(server, method, endpoint + path, patience=patience, document=document)
                )
            except NoConnection as error:
                fault = ProviderFault("unreachable", error.message, hint=CURE)
            else:
                self._answered = endpoint
                return answer
        raise fault


def refusal(server: str, status: int, headers: Mapping[str, str], body: bytes) -> ProviderFault:
    """What an answer that is no reply means. Pure."""
    if status < 400:
        return ProviderFault("denied", f"{server} answers with {status}, which no Ollama does", hint=CURE)
    try:
        told = str(parse_object(body).get("error") or "")
    except ProviderFault:
        told = body.decode(errors="replace")
    text = f"{server} says: {words(told) or 'nothing'} ({status})"
    hint = "ollama list says what there is; ollama pull NAME gets more" if status == 404 else ""
    return fault_of(status, text, retry_after=headers.get("retry-after"), hint=hint)
