import os
import unittest

from bookings import free, merge


class Bookings(unittest.TestCase):
    def test_apart(self):
        self.assertEqual(merge([(60, 90), (0, 30)]), [(0, 30), (60, 90)])

    def test_overlap(self):
        self.assertEqual(merge([(0, 30), (20, 50)]), [(0, 50)])

    def test_touching(self):
        self.assertEqual(merge([(0, 30), (30, 50)]), [(0, 50)])

    def test_inside(self):
        self.assertEqual(merge([(0, 100), (10, 20)]), [(0, 100)])

    def test_free(self):
        self.assertEqual(free([(540, 700), (550, 560)], 480, 720), [(480, 540), (700, 720)])

    def test_can_fail(self):
        self.assertNotIn("CANARY", os.environ)
