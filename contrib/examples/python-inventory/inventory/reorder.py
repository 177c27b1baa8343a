"""Which items must be ordered again, and how many of each."""

from dataclasses import dataclass

from inventory.money import Money
from inventory.stock import Stock


@dataclass(frozen=True)
class Order:
    """Buy `count` of an item."""

    code: str
    count: int
    cost: Money


def due(stock: Stock, *, months: int = 2) -> list[Order]:
    """Orders for every item whose free count is at or below its reorder level, dearest first."""
    orders = []
    for item in stock:
        if item.free <= item.reorder_at:
            count = item.reorder_at * (months + 1) - item.free
            orders.append(Order(item.code, count, item.price * count))
    return sorted(orders, key=lambda order: order.cost, reverse=True)
