"""The provider `resetdata`: one server that speaks the OpenAI API."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import trio

from chorus_hooks.provider import (
    ChatRequest,
    Model,
    ProviderFault,
    ProviderHealth,
    fault_of,
)
from chorus_hooks.provider_chat import StreamedChat
from chorus_hooks.provider_http import Answer, Patience, asked
from chorus_hooks.provider_stream import parse_object, words
from chorus_resetdata.models import listed
from chorus_resetdata.reply import Reply
from chorus_resetdata.request import chat_document

LOOK_S: Final = 4.0
"""For a list of models; `chorus doctor` gives a check five seconds."""
CURE: Final = "set RESETDATA_BASE_URL to an OpenAI-compatible API, like http://localhost:8080/v1"
KEY: Final = "set RESETDATA_API_KEY, or RESETDATA_API_KEY_FILE, to a key that is good there"


@dataclass(frozen=True)
class Account:
    """Where to ask and as whom. `open` is a server that somebody named, which may need no key."""

    base: str
    key: str = field(default="", repr=False)
    open: bool = False


class ResetData:
    """A `Provider`. Asks for the account each time, since it may change. Holds nothing open."""

    name = "resetdata"

    def __init__(self, account: Callable[[], Account], patience: Patience | None = None) -> None:
        self._account = account
        self._patience = patience or Patience()

    @property
    def ready(self) -> bool:
        """See `Provider.ready`: there is a key, or a server that may need none."""
        account = self._account()
        return bool(account.key or account.open)

    async def models(self) -> tuple[Model, ...]:
        """See `Provider.models`."""
        return await self._models(self._patience)

    @asynccontextmanager
    async def chat(self, request: ChatRequest) -> AsyncIterator[StreamedChat]:
        """See `Provider.chat`."""
        account = self._account()
        document = chat_document(request)
        async with self._asked(account, "POST", "/chat/completions", document, self._patience) as answer:
            yield StreamedChat(answer, Reply(request.messages, secret=account.key))

    async def health(self) -> ProviderHealth:
        """See `Provider.health`."""
        server = _server(self._account())
        quick = replace(self._patience, connect=LOOK_S / 2, first=LOOK_S, between=LOOK_S, whole=LOOK_S)
        with trio.move_on_after(LOOK_S):
            try:
                models = await self._models(quick)
            except ProviderFault as fault:
                return ProviderHealth(False, fault.message, fault.hint or CURE)
            return ProviderHealth(True, f"{server} answers", "" if models else CURE, models)
        return ProviderHealth(False, f"{server} did not answer within {LOOK_S:g} s", CURE)

    async def _models(self, patience: Patience) -> tuple[Model, ...]:
        async with self._asked(self._account(), "GET", "/models", None, patience) as answer:
            return listed(parse_object(await answer.read()))

    @asynccontextmanager
    async def _asked(
        self,
        account: Account,
        method: Literal["GET", "POST"],
        path: str,
        document: Mapping[str, Any] | None,
        patience: Patience,
    ) -> AsyncIterator[Answer]:
        """An answer that says yes. Raises ProviderFault."""
        headers = {"Authorization": f"Bearer {account.key}"} if account.key else {}
        url = account.base + path
        server = _server(account)
        async with asked(
            server, method, url, patience=patience, headers=headers, document=document
        ) as answer:
            if not 200 <= answer.status < 300:
                body = await answer.error()
                raise refusal(server, answer.status, answer.headers, body, secret=account.key)
            yield answer


def _server(account: Account) -> str:
    return f"the API at {urlsplit(account.base).netloc}"


def refusal(
    server: str, status: int, headers: Mapping[str, str], body: bytes, *, secret: str = ""
) -> ProviderFault:
    """What an answer that is no reply means; `secret` is kept out of it. Pure."""
    if status < 400:
        return ProviderFault("denied", f"{server} answers with {status}, which is no reply", hint=CURE)
    try:
        document = parse_object(body)
    except ProviderFault:
        document = {"message": body.decode(errors="replace")}
    error = document.get("error") or document
    told = error if isinstance(error, dict) else {"message": error}
    text = words(str(told.get("message") or told.get("detail") or ""), secret=secret)
    return fault_of(
        status,
        f"{server} says: {text or 'nothing'} ({status})",
        retry_after=headers.get("retry-after"),
        code=str(told.get("code") or told.get("type") or "")[:100],
        hint={401: KEY, 404: f"{CURE}; or the model is not offered there"}.get(status, ""),
    )
