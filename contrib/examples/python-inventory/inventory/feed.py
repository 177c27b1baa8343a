"""Reads a supplier's price list: CSV with the columns code, name, price, count, reorder_at."""

import csv
from collections.abc import Iterable

from inventory.money import Money
from inventory.stock import Item, Stock


class BadLine(ValueError):
    """A line of the list makes no sense; the message has its number."""


def read(lines: Iterable[str]) -> Stock:
    """A stock with every item of the list. Raises BadLine at the first line that is wrong."""
    stock = Stock()
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            stock.add(_item(row))
        except (KeyError, TypeError, ValueError) as error:
            raise BadLine(f"line {number}: {error}") from error
    return stock


def _item(row: dict[str, str]) -> Item:
    return Item(
        code=row["code"],
        name=row["name"],
        price=Money.parse(row["price"]),
        reorder_at=int(row["reorder_at"]),
        on_hand=int(row["count"]),
    )
