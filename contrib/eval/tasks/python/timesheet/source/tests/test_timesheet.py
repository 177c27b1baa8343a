import subprocess
import sys
import unittest


def run(text):
    return subprocess.run([sys.executable, "timesheet.py"], input=text, capture_output=True, text=True)


class Timesheet(unittest.TestCase):
    def test_one_zone(self):
        done = run("ada 2024-03-01T08:00:00+01:00 2024-03-01T12:30:00+01:00\n")
        self.assertEqual(done.stdout, "ada 4.50\n")

    def test_across_zones(self):
        done = run("ada 2024-03-01T08:00:00+01:00 2024-03-01T11:00:00-05:00\n")
        self.assertEqual(done.stdout, "ada 9.00\n")

    def test_shifts_add_up(self):
        shift = "bob 2024-03-01T23:00:00+00:00 2024-03-02T01:15:00+00:00\n"
        self.assertEqual(run(shift * 2).stdout, "bob 4.50\n")

    def test_end_before_begin_by_the_zone(self):
        done = run("ada 2024-03-01T08:00:00-05:00 2024-03-01T12:00:00+01:00\n")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("ends before it begins", done.stderr)
