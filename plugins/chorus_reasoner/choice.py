"""Which model is asked next. Pure: who is offered, who rests and what time it is come in."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final, Literal

from chorus_hooks.provider import Model
from chorus_reasoner import wish
from chorus_reasoner.price import Price, price_of
from chorus_reasoner.standing import Rest, Standing
from chorus_reasoner.talk import Form

CURE: Final = (
    "start Ollama and pull a model (`ollama pull llama3.1:8b`), or set RESETDATA_BASE_URL and"
    " RESETDATA_API_KEY"
)


@dataclass(frozen=True)
class Offer:
    """What one provider has: its models, or why none can be had (`told` for a person)."""

    provider: str
    models: tuple[Model, ...] = ()
    told: str = ""


@dataclass(frozen=True)
class Candidate:
    """A model that may be asked."""

    provider: str
    model: Model
    price: Price | None = None

    @property
    def name(self) -> str:
        """As people and transcripts name it."""
        return f"{self.provider}/{self.model.name}"

    @property
    def how(self) -> Form:
        """How it says what to do."""
        return "tools" if "tools" in self.model.abilities else "text"

    def without_tools(self) -> "Candidate":
        """The same, asked in text."""
        return replace(self, model=replace(self.model, abilities=self.model.abilities - {"tools"}))


@dataclass(frozen=True)
class Need:
    """What one request needs: tokens of context in each form, and a price when the cost is limited."""

    tokens: Mapping[Form, int]
    priced: bool = False


@dataclass(frozen=True)
class Wait:
    """Everybody who could answer rests; the first is back at `until`."""

    until: float
    why: str


@dataclass(frozen=True)
class Nobody:
    """No model can be asked, and waiting does not help."""

    why: str
    reason: Literal["model_unavailable", "cost_limit"] = "model_unavailable"


def candidates(
    offers: Iterable[Offer], wanted: Sequence[str], preferred: Sequence[str], prices: Mapping[str, Price]
) -> tuple[Candidate, ...]:
    """Who may be asked, the best first: the wishes in their order, each at the providers in theirs.

    What is wanted is all that is asked. Without that, what is preferred comes first, then the first model
    of each provider.
    """
    offers = tuple(offers)
    found = _wished(offers, wanted) if wanted else chain(_wished(offers, preferred), _first(offers))
    unique = dict.fromkeys((offer.provider, model) for offer, model in found)
    return tuple(Candidate(name, model, price_of(prices, name, model.name)) for name, model in unique)


def _wished(offers: Sequence[Offer], wanted: Sequence[str]) -> Iterator[tuple[Offer, Model]]:
    for want in wanted:
        for offer in offers:
            model = wish.pick(offer.provider, offer.models, want)
            if model is not None:
                yield offer, model


def _first(offers: Sequence[Offer]) -> Iterator[tuple[Offer, Model]]:
    for offer in offers:
        for model in wish.can_chat(offer.models):
            yield offer, model
            break


def choose(
    able: Sequence[Candidate],
    need: Need,
    windows: Mapping[str, int],
    standing: Standing,
    now: float,
) -> Candidate | Wait | Nobody:
    """The first that fits and does not rest. `windows` are tokens of context by the candidate's name."""
    rests: list[tuple[Candidate, Rest]] = []
    refused: list[str] = []
    unpriced = 0
    for candidate in able:
        if windows[candidate.name] < need.tokens[candidate.how]:
            refused.append(f"{candidate.name}: its context of {windows[candidate.name]} tokens is too small")
        elif need.priced and candidate.price is None:
            unpriced += 1
            refused.append(f"{candidate.name}: the cost is limited, and it has no price (CHORUS_PRICES)")
        elif rest := _rest(candidate, standing, now):
            rests.append((candidate, rest))
        else:
            return candidate
    if rests:
        first, rest = min(rests, key=lambda one: one[1].until)
        return Wait(rest.until, f"{first.name}: {rest.why}")
    return Nobody("; ".join(refused), "cost_limit" if unpriced == len(able) > 0 else "model_unavailable")


def _rest(candidate: Candidate, standing: Standing, now: float) -> Rest | None:
    return standing.rest(candidate.provider, now) or standing.rest(candidate.name, now)


def told(offers: Sequence[Offer], wanted: Sequence[str], nobody: str = "") -> str:
    """Why no model answers, and how to get one, in one line. What it explains stands before it."""
    reasons = [f"{offer.provider}: {offer.told}" for offer in offers if offer.told]
    if wanted and any(offer.models for offer in offers):
        has = [model.name for offer in offers for model in offer.models]
        some = ", ".join(has[:5]) + (", …" if len(has) > 5 else "")
        if not nobody:
            reasons.insert(0, f"{' and '.join(wanted)} is not offered; there is {some}")
    if nobody:
        reasons.insert(0, nobody)
    why = "; ".join(reasons) or "no provider of models is set up"
    return f"{why}; {CURE}"
