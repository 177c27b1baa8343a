import csv
import io
import json
import subprocess
import sys
import unittest

ROWS = [
    {"name": "Ada", "city": "London", "orders": 3},
    {"name": "Smith, John", "city": 'the "old" town', "orders": 0},
    {"name": "two\nlines", "city": "", "orders": 12},
]


def export(rows):
    text = "".join(json.dumps(row) + "\n" for row in rows)
    done = subprocess.run([sys.executable, "export.py"], input=text, capture_output=True, text=True, check=True)
    return done.stdout


class Export(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(export(ROWS[:1]), "name,city,orders\nAda,London,3\n")

    def test_reads_back_as_it_was(self):
        read = list(csv.DictReader(io.StringIO(export(ROWS))))
        self.assertEqual(read, [{key: str(value) for key, value in row.items()} for row in ROWS])

    def test_nothing(self):
        self.assertEqual(export([]), "")
