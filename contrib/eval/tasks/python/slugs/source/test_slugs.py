import os
import unittest

from slugs import slug


class Slugs(unittest.TestCase):
    def test_plain_words(self):
        self.assertEqual(slug("First steps"), "first-steps")

    def test_runs_of_signs_are_one_hyphen(self):
        self.assertEqual(slug("C++ -- a (short) tour"), "c-a-short-tour")

    def test_accents(self):
        self.assertEqual(slug("Über uns, très bien"), "uber-uns-tres-bien")

    def test_never_empty(self):
        self.assertEqual(slug("???"), "untitled")

    def test_no_hyphen_at_the_cut(self):
        self.assertEqual(slug("abc def ghi", longest=8), "abc-def")

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
