"""What is on the shelves, and what of it is promised to somebody."""

from dataclasses import dataclass

from inventory.money import Money


class UnknownItem(KeyError):
    """No item has this code."""


class NotEnough(Exception):
    """More was asked for than is free."""


@dataclass
class Item:
    """One kind of thing. `reorder_at` is the level at which it must be ordered again."""

    code: str
    name: str
    price: Money
    reorder_at: int
    on_hand: int = 0
    reserved: int = 0

    @property
    def free(self) -> int:
        """How many nobody has a claim on."""
        return self.on_hand - self.reserved


class Stock:
    """All items, by code."""

    def __init__(self) -> None:
        self._items: dict[str, Item] = {}

    def __iter__(self):
        return iter(self._items.values())

    def __getitem__(self, code: str) -> Item:
        try:
            return self._items[code]
        except KeyError:
            raise UnknownItem(code) from None

    def add(self, item: Item) -> None:
        """Put a new item, or more of a known one, on the shelf."""
        known = self._items.setdefault(item.code, item)
        if known is not item:
            known.on_hand += item.on_hand

    def reserve(self, code: str, count: int) -> None:
        """Promise `count` to a customer. Raises NotEnough, and then changes nothing."""
        item = self[code]
        if count > item.free:
            raise NotEnough(f"{code}: {count} asked for, {item.free} free")
        item.reserved += count

    def ship(self, code: str, count: int) -> None:
        """Hand over what was reserved."""
        item = self[code]
        if count > item.reserved:
            raise NotEnough(f"{code}: {count} to ship, {item.reserved} reserved")
        item.reserved -= count
        item.on_hand -= count

    def value(self) -> Money:
        """What everything on the shelves is worth."""
        return sum((item.price * item.on_hand for item in self), Money(0))
