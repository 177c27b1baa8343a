import os
import unittest

from lru import Cache


class LeastRecentlyUsed(unittest.TestCase):
    def setUp(self):
        self.cache = Cache(2)
        self.cache.put("a", 1)
        self.cache.put("b", 2)

    def test_never_more_than_its_size(self):
        for number in range(9):
            self.cache.put(number, number)
            self.assertEqual(len(self.cache), 2)

    def test_the_oldest_goes(self):
        self.cache.put("c", 3)
        self.assertIsNone(self.cache.get("a"))

    def test_reading_is_use(self):
        self.cache.get("a")
        self.cache.put("c", 3)
        self.assertEqual((self.cache.get("a"), self.cache.get("b")), (1, None))

    def test_writing_again_is_use_and_takes_no_room(self):
        self.cache.put("a", 9)
        self.cache.put("c", 3)
        self.assertEqual((self.cache.get("a"), self.cache.get("c"), len(self.cache)), (9, 3, 2))

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
