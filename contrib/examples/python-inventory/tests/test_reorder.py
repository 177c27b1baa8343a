import unittest

from inventory import Money, Stock, due
from inventory.stock import Item


class ReorderTest(unittest.TestCase):
    def setUp(self):
        self.stock = Stock()
        self.stock.add(Item("saw", "hand saw", Money(1800), reorder_at=2, on_hand=9))
        self.stock.add(Item("nut", "hex nut M6", Money(5), reorder_at=100, on_hand=75))

    def test_an_item_at_its_level_is_due(self):
        self.stock.add(Item("glue", "wood glue 750 g", Money(650), reorder_at=10, on_hand=10))
        self.assertIn("glue", [order.code for order in due(self.stock)])

    def test_an_item_above_its_level_is_not_due(self):
        self.assertNotIn("saw", [order.code for order in due(self.stock)])

    def test_reserved_items_count_as_gone(self):
        self.stock.reserve("saw", 8)
        self.assertIn("saw", [order.code for order in due(self.stock)])

    def test_the_dearest_order_comes_first(self):
        self.stock.reserve("saw", 9)
        self.assertEqual([order.code for order in due(self.stock)], ["saw", "nut"])

    def test_an_order_fills_up_for_the_months_asked_for(self):
        self.assertEqual(due(self.stock, months=3)[0].count, 325)
