import os
import subprocess
import sys
import unittest


def summary(raw):
    environment = {**os.environ, "PYTHONUTF8": "1"}
    return subprocess.run([sys.executable, "summary.py"], input=raw, capture_output=True, env=environment)


class Summary(unittest.TestCase):
    def test_good_lines(self):
        done = summary(b"GET / 200\nGET /a 404\nPOST / 200\n")
        self.assertEqual((done.stdout, done.stderr), (b"200 2\n404 1\n", b""))

    def test_bytes_that_are_no_utf8(self):
        self.assertEqual(summary(b"GET /\xff\xfe 200\n").stdout, b"200 1\n")

    def test_cut_lines(self):
        done = summary(b"GET / 200\nGET\n\nGET /a ok\nGET /b 200\n")
        self.assertEqual((done.returncode, done.stdout), (0, b"200 2\n"))
        self.assertEqual(done.stderr.split(), [b"left", b"out:", b"3"])
