"""The next reply from whoever can give it: which model is asked, and what follows when it does not answer.

The one place where anything is asked again. A reply that broke off is told, recorded and forgotten; then
the next model is asked the same.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
import trio

from chorus_hooks.provider import ChatRequest, FaultKind, ProviderFault
from chorus_reasoner.choice import Candidate, Need, Nobody, Offer, Wait, choose, told
from chorus_reasoner.context import message_tokens
from chorus_reasoner.directed import Directed
from chorus_reasoner.event import Ask, Fault, Reply
from chorus_reasoner.market import Market
from chorus_reasoner.recording import Recording
from chorus_reasoner.redaction import Redactor
from chorus_reasoner.request import TooFewTokens, digest
from chorus_reasoner.settings import MODEL_TIMEOUT
from chorus_reasoner.stream import Listener
from chorus_reasoner.telling import Teller
from chorus_reasoner.topic import Topic

log = logging.getLogger(__name__)

TRIES: Final = 12
"""Requests for one reply, over all models."""
PATIENCE_S: Final = 120.0
"""How long one reply is waited for while everybody rests."""

_NOTHING: Final = Reply("", cost=0.0)


@dataclass
class Asking:
    """Asks for the replies of one attempt.

    With `hear` somebody else's request is passed on, and the words go there as they come: then a reply that
    broke off is not asked for again, and nothing is learned from what is wrong with the request.
    """

    market: Market
    wanted: tuple[str, ...]
    preferred: tuple[str, ...]
    priced: bool
    redactor: Redactor
    recording: Recording
    teller: Teller
    directed: Directed
    hear: Callable[[str], Awaitable[None]] | None = None
    last: str = ""
    why: str = ""
    kind: FaultKind | None = None
    wasted: Reply = _NOTHING
    under_way: tuple[Candidate, Listener] | None = None

    async def ask(self, topic: Topic, ask: Ask, step: int) -> Reply | Fault:
        """A whole reply, or why there will be none; `kind` is then the last fault of a provider, if any."""
        self.kind = None
        topic = await trio.to_thread.run_sync(topic.redacted, self.redactor)
        until = trio.current_time() + PATIENCE_S
        for _ in range(TRIES):
            offers = await self.market.offers(self.wanted)
            choice = self._choose(offers, topic)
            match choice:
                case Nobody(why, reason):
                    return Fault(reason, told(offers, self.wanted, why))
                case Wait() if choice.until > until:
                    return Fault("model_unavailable", told(offers, self.wanted, choice.why))
                case Wait():
                    await self._wait(choice)
                case Candidate():
                    outcome = await self._try(choice, topic, ask, step)
                    if outcome is not None:
                        return outcome
        return Fault(
            "model_unavailable", f"no model gave a whole reply in {TRIES} tries; the last: {self.last}"
        )

    def _choose(self, offers: Sequence[Offer], topic: Topic) -> Candidate | Wait | Nobody:
        able = self.market.candidates(offers, self.wanted, self.preferred)
        windows = {candidate.name: self._window(candidate, topic) for candidate in able}
        need = Need(topic.needs(), self.priced or self.directed.priced)
        return choose(able, need, windows, self.market.standing, trio.current_time())

    def _window(self, candidate: Candidate, topic: Topic) -> int:
        return self.market.window(candidate, topic.window)

    async def abandoned(self) -> Reply | None:
        """What a reply has used that nobody waits for any more; the budgets are charged."""
        left, self.under_way = self.under_way, None
        if left is None:
            return None
        candidate, broken = left[0], left[1].broken()
        await self._spent(candidate, broken)
        return self._charged(candidate, broken)

    def take_wasted(self) -> Reply | None:
        """What replies have used that came to nothing, when no whole one will bear it."""
        wasted, self.wasted = self.wasted, _NOTHING
        return wasted if wasted.prompt_tokens or wasted.reply_tokens else None

    async def _wait(self, wait: Wait) -> None:
        seconds = max(0.0, wait.until - trio.current_time())
        self.recording.add("wait", seconds=round(seconds, 3), why=self.redactor.text(wait.why))
        await self.recording.flush()
        await self.teller.note(f"chorus: waiting {seconds:.0f} s for a model: {wait.why}")
        async with self.directed.waiting("rate_limit", wait.why):
            await trio.sleep_until(wait.until)

    async def _try(self, candidate: Candidate, topic: Topic, ask: Ask, step: int) -> Reply | Fault | None:
        """One request. None: somebody has to be asked again."""
        window = self._window(candidate, topic)
        try:
            request = topic.build(candidate.model.name, candidate.how, window, ask.most)
        except TooFewTokens as few:
            return Fault("token_limit", f"{few}; raise the limit with --tokens")
        await self._told_switch(candidate)
        self.recording.add(
            "ask", model=candidate.name, how=candidate.how, window=window, request=digest(request)
        )
        await self.recording.flush()
        await self.teller.thinking(step, candidate.name)
        provider, standing = self.market.provider(candidate.provider), self.market.standing
        silence_s = self.market.config[MODEL_TIMEOUT]
        listener = Listener(provider, request, silence_s, self.hear or self.teller.words)
        self.under_way = candidate, listener
        names = (candidate.provider, candidate.name)
        for name in names:
            standing.asked(name)
        try:
            reply = await listener.listen()
        except ProviderFault as fault:
            self.under_way = None
            await self.teller.spoken()
            if listener.text:
                broken = listener.broken()
                await self._spent(candidate, broken)
                self.wasted = self._charged(candidate, broken)
            return await self._failed(candidate, fault, listener.text, request)
        finally:
            for name in names:
                standing.left(name)
        self.under_way = None
        for name in names:
            standing.answered(name)
        await self.teller.spoken()
        await self._spent(candidate, reply)
        return self._charged(candidate, reply)

    async def _spent(self, candidate: Candidate, reply: Reply) -> None:
        """Charge the budgets at once: a broken reply was paid for, also when none follows it."""
        priced = _priced(candidate, reply)
        await self.directed.spent(priced.prompt_tokens + priced.reply_tokens, priced.cost)

    def _charged(self, candidate: Candidate, reply: Reply) -> Reply:
        """With its model and its price, and what replies before it used that came to nothing."""
        reply = _priced(candidate, reply)
        wasted, self.wasted = self.wasted, _NOTHING
        return msgspec.structs.replace(
            reply,
            prompt_tokens=reply.prompt_tokens + wasted.prompt_tokens,
            reply_tokens=reply.reply_tokens + wasted.reply_tokens,
            cost=None if reply.cost is None or wasted.cost is None else reply.cost + wasted.cost,
        )

    async def _told_switch(self, candidate: Candidate) -> None:
        if self.last and self.last != candidate.name:
            self.recording.add("switch", model=candidate.name, before=self.last, why=self.why)
            log.info("%s is asked in place of %s: %s", candidate.name, self.last, self.why)
            await self.teller.note(f"chorus: {candidate.name} is asked now, in place of {self.last}")
        self.last, self.why = candidate.name, "it is back"

    async def _failed(
        self, candidate: Candidate, fault: ProviderFault, partial: str, request: ChatRequest
    ) -> Fault | None:
        self.kind = fault.kind
        why = self.why = self.redactor.text(fault.message)
        self.recording.add(
            "fault", model=candidate.name, kind=fault.kind, why=why, text=self.redactor.text(partial)
        )
        await self.recording.flush()
        level = logging.WARNING if fault.kind == "denied" else logging.INFO  # a person has to look at it
        log.log(level, "%s did not answer (%s): %s", candidate.name, fault.kind, why)
        forgotten = "; what it said so far does not count" if partial else ""
        await self.teller.note(f"chorus: {candidate.name} did not answer: {why}{forgotten}")
        if fault.kind == "invalid":
            return self._refused(candidate)
        if fault.kind == "context" and self.hear is None:
            used = sum(map(message_tokens, request.messages)) + (request.max_tokens or 0)
            self.market.narrow(candidate, used * 7 // 10)
            return None
        who = candidate.provider if fault.kind == "unreachable" else candidate.name
        self.market.standing.failed(who, fault, trio.current_time())
        if self.hear is not None and (partial or fault.kind == "context"):
            return Fault("model_unavailable", why)  # what was passed on cannot be taken back
        return None

    def _refused(self, candidate: Candidate) -> Fault | None:
        """Some servers say that a model has tools, and refuse a request with them."""
        if candidate.how == "tools" and self.hear is None:
            self.market.take_tools(candidate)
            return None
        return Fault("model_unavailable", f"{candidate.name} refuses the request: {self.why}")


def _priced(candidate: Candidate, reply: Reply) -> Reply:
    price = candidate.price
    cost = None if price is None else price.cost(reply.prompt_tokens, reply.reply_tokens)
    return msgspec.structs.replace(reply, model=candidate.name, how=candidate.how, cost=cost)
