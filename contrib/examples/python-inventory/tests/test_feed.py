import unittest
from pathlib import Path

from inventory import Money
from inventory.feed import BadLine, read

LIST = Path(__file__).parent / "supplier.csv"


class FeedTest(unittest.TestCase):
    def test_reads_the_suppliers_list(self):
        with LIST.open(encoding="utf-8") as lines:
            stock = read(lines)
        self.assertEqual(len(list(stock)), 5)
        self.assertEqual(stock.value(), Money.parse("1084.51"))

    def test_a_bad_line_is_named_by_number(self):
        with self.assertRaisesRegex(BadLine, "line 2"):
            read(["code,name,price,count,reorder_at", "nut,hex nut,five,1,1"])
