import subprocess
import sys
import unittest


class Newest(unittest.TestCase):
    def check(self, versions, newest):
        done = subprocess.run([sys.executable, "newest.py"], input=versions, capture_output=True, text=True)
        self.assertEqual(done.stdout, newest + "\n", done.stderr)

    def test_one_digit(self):
        self.check("1.2.3\n1.3.0\n0.9.9\n", "1.3.0")

    def test_more_digits(self):
        self.check("1.10.0\n1.9.0\n", "1.10.0")

    def test_a_release_is_newer_than_its_candidates(self):
        self.check("2.0.0-rc1\n2.0.0\n2.0.0-rc2\n", "2.0.0")

    def test_candidates(self):
        self.check("2.0.0-rc9\n2.0.0-rc10\n1.99.0\n", "2.0.0-rc10")
