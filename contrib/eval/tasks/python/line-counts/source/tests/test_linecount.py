import os
import subprocess
import sys
import tempfile
import unittest

PROGRAM = os.path.abspath("linecount.py")


class LineCount(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def count(self, *names):
        for lines, name in enumerate(names, 1):
            with open(os.path.join(self.folder, name), "w") as file:
                file.write("x\n" * lines)
        done = subprocess.run([sys.executable, PROGRAM, *names], cwd=self.folder, capture_output=True, text=True)
        return done.stdout.splitlines()

    def test_plain(self):
        self.assertEqual(self.count("a.txt", "b.txt"), ["1 a.txt", "2 b.txt"])

    def test_spaces_and_quotes(self):
        self.assertEqual(self.count("my file", "it's", '"q"'), ["1 my file", "2 it's", '3 "q"'])

    def test_a_name_is_no_command(self):
        self.assertEqual(self.count("a; touch b"), ["1 a; touch b"])
        self.assertEqual(os.listdir(self.folder), ["a; touch b"])

    def test_a_name_is_no_option(self):
        self.assertEqual(self.count("-c"), ["1 -c"])
