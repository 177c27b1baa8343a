import os
import unittest

from basket import Basket


class Baskets(unittest.TestCase):
    def test_a_new_one_is_empty(self):
        Basket().add("pen", 120)
        self.assertEqual(Basket().articles, [])

    def test_total(self):
        basket = Basket([("pen", 120)])
        basket.add("ink", 480)
        self.assertEqual(basket.total(), 600)

    def test_the_list_that_was_given_stays(self):
        given = [("pen", 120)]
        Basket(given).add("ink", 480)
        self.assertEqual(given, [("pen", 120)])

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
