import unittest

from inventory import Money


class MoneyTest(unittest.TestCase):
    def test_reads_what_it_prints(self):
        for text in ("0.00", "0.05", "12.50", "1999.99"):
            self.assertEqual(str(Money.parse(text)), text)

    def test_whole_amounts_need_no_cents(self):
        self.assertEqual(Money.parse("7"), Money(700))

    def test_anything_else_is_refused(self):
        for text in ("", "-1", "1.5", "1,50", "1e3", "ten"):
            with self.subTest(text), self.assertRaises(ValueError):
                Money.parse(text)

    def test_adds_and_multiplies_exactly(self):
        self.assertEqual(Money.parse("0.10") * 3 + Money.parse("0.20"), Money.parse("0.50"))
