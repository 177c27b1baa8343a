import subprocess
import sys
import unittest


def invoice(text):
    command = [sys.executable, "invoice.py"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout.split()


class Invoice(unittest.TestCase):
    def test_plain(self):
        self.assertEqual(invoice("2 10.00 20\n"), ["24.00", "total", "24.00"])

    def test_half_a_cent_goes_up(self):
        self.assertEqual(invoice("1 2.675 0\n")[0], "2.68")
        self.assertEqual(invoice("1 0.125 0\n")[0], "0.13")

    def test_lines_are_rounded_and_then_added(self):
        self.assertEqual(invoice("1 1.005 0\n1 1.005 0\n"), ["1.01", "1.01", "total", "2.02"])

    def test_tax(self):
        self.assertEqual(invoice("3 19.99 7.7\n")[0], "64.59")
