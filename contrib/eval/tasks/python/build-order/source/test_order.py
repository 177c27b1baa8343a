import os
import unittest

from order import order


class Order(unittest.TestCase):
    def test_alphabetic_without_needs(self):
        self.assertEqual(order({"b": (), "a": ()}), ["a", "b"])

    def test_chain(self):
        self.assertEqual(order({"app": ["lib"], "lib": ["core"], "core": []}), ["core", "lib", "app"])

    def test_diamond(self):
        needs = {"app": ["left", "right"], "left": ["core"], "right": ["core"]}
        self.assertEqual(order(needs), ["core", "left", "right", "app"])

    def test_cycle_is_named(self):
        with self.assertRaisesRegex(ValueError, "a.*b|b.*a"):
            order({"a": ["b"], "b": ["a"]})

    def test_needs_itself(self):
        with self.assertRaises(ValueError):
            order({"a": ["a"]})

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
