"""What models cost: `CHORUS_PRICES`. Pure."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

_MILLION: Final = 1_000_000


@dataclass(frozen=True)
class Price:
    """For a million tokens, in whatever currency the task's limit is in."""

    prompt: float
    reply: float

    def cost(self, prompt_tokens: int, reply_tokens: int) -> float:
        """Of one reply."""
        return (self.prompt * prompt_tokens + self.reply * reply_tokens) / _MILLION


def parse_prices(value: str) -> dict[str, Price]:
    """`provider/model=in/out`, or `provider=in/out` for all its models; comma-separated.

    Raises ValueError, with a text for a person.
    """
    prices: dict[str, Price] = {}
    for part in filter(None, (word.strip() for word in value.split(","))):
        name, equals, amounts = part.rpartition("=")
        both = amounts.split("/")
        if not name.strip() or not equals or len(both) != 2:
            raise ValueError(f"{part!r} is not like provider/model=0.20/0.60 or provider=0/0")
        if name.strip() in prices:
            raise ValueError(f"{name.strip()} has two prices")
        prices[name.strip()] = Price(_amount(both[0], part), _amount(both[1], part))
    return prices


def price_of(prices: Mapping[str, Price], provider: str, model: str) -> Price | None:
    """The price of a model: its own, else that of its provider."""
    return prices.get(f"{provider}/{model}") or prices.get(provider)


def _amount(text: str, part: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = math.nan
    if not 0 <= amount < math.inf:
        raise ValueError(f"{text!r} in {part!r} is no price")
    return amount
