"""What the providers offer and how they stand: shared by every task of this process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import trio

from chorus_hooks.provider import Model, Provider, ProviderFault
from chorus_hooks.setting import Config
from chorus_reasoner.choice import Candidate, Offer, candidates
from chorus_reasoner.settings import AI_PROVIDERS, MODEL_CONTEXT, PRICES
from chorus_reasoner.standing import Standing
from chorus_reasoner.wish import named, pick

_FRESH_S: Final = 300.0
"""How long a list of models is taken as true."""
_STALE_S: Final = 900.0
"""How long a provider that does not answer is taken for one that restarts."""
_LIST_S: Final = 10.0
"""A list of models is one small request; who needs longer is not there."""


@dataclass
class Market:
    """Asks the providers in their order, and remembers what they said until settings are read again."""

    config: Config
    registered: Callable[[], Sequence[Provider]]
    reloads: Callable[[], int]

    def __post_init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        """A key that was wrong may be right now, and an address another one."""
        self._loaded = self.reloads()
        self.standing = Standing()
        self._lists: dict[str, tuple[float, tuple[Model, ...]]] = {}
        self._narrowed: dict[str, int] = {}
        self._no_tools: set[str] = set()

    def provider(self, name: str) -> Provider:
        """One of them, by its name."""
        return next(provider for provider in self.registered() if provider.name == name)

    async def offers(self, wanted: Sequence[str]) -> tuple[Offer, ...]:
        """What each provider has now. Those that rest are not asked for a list."""
        if self._loaded != self.reloads():
            self._forget()
        known = {provider.name: provider for provider in self.registered()}
        order = self.config[AI_PROVIDERS]
        names = tuple(dict.fromkeys(order))
        offers = {name: Offer(name, told="no plugin here speaks to it") for name in names}

        async def look(provider: Provider) -> None:
            offers[provider.name] = await self._offer(provider, wanted)

        async with trio.open_nursery() as nursery:
            for name in names:
                if name in known and known[name].ready:
                    nursery.start_soon(look, known[name])
                elif name in known:
                    offers[name] = Offer(name, told="not set up")
        return tuple(offers.values())

    async def _offer(self, provider: Provider, wanted: Sequence[str]) -> Offer:
        now = trio.current_time()
        since, models = self._lists.get(provider.name, (float("-inf"), ()))
        if now - since < _FRESH_S and _has(provider.name, models, wanted):
            return Offer(provider.name, models)
        if now - since > _STALE_S:
            models = ()
        rest = self.standing.rest(provider.name, now)
        if rest is not None:
            return Offer(provider.name, models, rest.why)
        try:
            models = await _listed(provider)
        except ProviderFault as fault:
            if fault.kind in ("denied", "invalid"):  # some servers have no list, and answer all the same
                return Offer(provider.name, _named(provider.name, wanted), fault.message)
            self.standing.failed(provider.name, fault, trio.current_time())
            return Offer(provider.name, models, fault.message)
        self._lists[provider.name] = trio.current_time(), models
        return Offer(provider.name, models, "" if models else "it has no models")

    def candidates(
        self, offers: Sequence[Offer], wanted: Sequence[str], preferred: Sequence[str]
    ) -> tuple[Candidate, ...]:
        """Who may be asked; what was learned about a model counts more than what its provider says."""
        found = candidates(offers, wanted, preferred, self.config[PRICES])
        return tuple(
            candidate.without_tools() if candidate.name in self._no_tools else candidate
            for candidate in found
        )

    def window(self, candidate: Candidate, unknown: int | None = None) -> int:
        """How many tokens it can read and write, as far as is known; else `unknown`, or what is set."""
        told = candidate.model.context or unknown or self.config[MODEL_CONTEXT]
        return min(told, self._narrowed.get(candidate.name, told))

    def narrow(self, candidate: Candidate, tokens: int) -> None:
        """It can read less than that."""
        self._narrowed[candidate.name] = max(1, min(self.window(candidate) - 1, tokens))

    def take_tools(self, candidate: Candidate) -> None:
        """It says that it has tools, and refuses a request with them."""
        self._no_tools.add(candidate.name)


async def _listed(provider: Provider) -> tuple[Model, ...]:
    with trio.move_on_after(_LIST_S):
        return await provider.models()
    raise ProviderFault("unreachable", f"{provider.name} did not tell its models in {_LIST_S:g} s")


def _has(provider: str, models: Sequence[Model], wanted: Sequence[str]) -> bool:
    """Whether a list is good enough: what is missing in it may have come since."""
    return any(pick(provider, models, want) for want in wanted) if wanted else bool(models)


def _named(provider: str, wanted: Sequence[str]) -> tuple[Model, ...]:
    return tuple(Model(named(provider, want)) for want in wanted if want.startswith(f"{provider}/"))
