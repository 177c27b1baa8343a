import os
import unittest

from catalogue.pages import count, page


class Pages(unittest.TestCase):
    def test_full_pages(self):
        self.assertEqual(count(range(20), 10), 2)

    def test_the_rest_has_a_page_of_its_own(self):
        self.assertEqual(count(range(21), 10), 3)
        self.assertEqual(list(page(range(21), 10, 3)), [20])

    def test_one_item(self):
        self.assertEqual(count("a", 10), 1)

    def test_nothing_has_one_empty_page(self):
        self.assertEqual(count([], 10), 0)
        self.assertEqual(page([], 10, 1), [])

    def test_beyond_the_end(self):
        with self.assertRaises(IndexError):
            page(range(21), 10, 4)

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
