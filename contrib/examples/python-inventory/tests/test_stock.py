import unittest

from inventory import Money, NotEnough, Stock, UnknownItem
from inventory.stock import Item


class StockTest(unittest.TestCase):
    def setUp(self):
        self.stock = Stock()
        self.stock.add(Item("nut", "hex nut M6", Money(5), reorder_at=100, on_hand=250))

    def test_more_of_a_known_item_adds_up(self):
        self.stock.add(Item("nut", "hex nut M6", Money(5), reorder_at=100, on_hand=50))
        self.assertEqual(self.stock["nut"].on_hand, 300)

    def test_what_is_reserved_is_not_free(self):
        self.stock.reserve("nut", 200)
        self.assertEqual(self.stock["nut"].free, 50)
        with self.assertRaises(NotEnough):
            self.stock.reserve("nut", 51)
        self.assertEqual(self.stock["nut"].reserved, 200)

    def test_shipping_takes_from_shelf_and_reservation(self):
        self.stock.reserve("nut", 30)
        self.stock.ship("nut", 20)
        self.assertEqual((self.stock["nut"].on_hand, self.stock["nut"].reserved), (230, 10))

    def test_only_reserved_things_are_shipped(self):
        with self.assertRaises(NotEnough):
            self.stock.ship("nut", 1)

    def test_an_unknown_item_is_named(self):
        with self.assertRaisesRegex(UnknownItem, "bolt"):
            self.stock.reserve("bolt", 1)

    def test_the_shelf_has_a_value(self):
        self.assertEqual(self.stock.value(), Money.parse("12.50"))
