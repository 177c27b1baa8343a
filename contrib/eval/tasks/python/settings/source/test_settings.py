import copy
import os
import unittest

import settings


class Settings(unittest.TestCase):
    def setUp(self):
        self.before = copy.deepcopy(settings.DEFAULTS)

    def test_nothing_set(self):
        self.assertEqual(settings.load({}), self.before)

    def test_the_rest_of_a_section_stays(self):
        loaded = settings.load({"editor": {"tab": 2}})
        self.assertEqual(loaded["editor"]["tab"], 2)
        self.assertFalse(loaded["editor"]["wrap"])

    def test_sections_in_sections(self):
        loaded = settings.load({"editor": {"theme": {"dark": True}}})
        self.assertEqual(loaded["editor"]["theme"], {"name": "plain", "dark": True})

    def test_lists_are_replaced(self):
        self.assertEqual(settings.load({"plugins": []})["plugins"], [])

    def test_defaults_stay_as_they_are(self):
        settings.load({"editor": {"theme": {"name": "loud"}}, "new": 1})
        self.assertEqual(settings.DEFAULTS, self.before)

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
