"""Stock keeping: items on shelves, reservations for customers, and what to order again."""

from inventory.money import Money
from inventory.reorder import Order, due
from inventory.stock import NotEnough, Stock, UnknownItem

__all__ = ["Money", "NotEnough", "Order", "Stock", "UnknownItem", "due"]
