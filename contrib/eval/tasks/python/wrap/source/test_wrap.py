import os
import unittest

from wrap import wrap


class Wrap(unittest.TestCase):
    def test_short(self):
        self.assertEqual(wrap("one two", 20), ["one two"])

    def test_exact_width(self):
        self.assertEqual(wrap("one two three", 7), ["one two", "three"])

    def test_long_word(self):
        self.assertEqual(wrap("a incomprehensible b", 6), ["a", "incomprehensible", "b"])

    def test_long_word_first(self):
        self.assertEqual(wrap("incomprehensible b", 6), ["incomprehensible", "b"])

    def test_nothing(self):
        self.assertEqual(wrap("  ", 6), [])

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
