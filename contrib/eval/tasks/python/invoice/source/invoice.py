"""Reads lines `QUANTITY PRICE TAX_PERCENT` and prints the gross of each, and the total."""

import sys


def cents(value):
    return round(value, 2)


def gross(line):
    quantity, price, tax = (float(word) for word in line.split())
    return cents(quantity * price * (1 + tax / 100))


total = 0.0
for line in sys.stdin:
    amount = gross(line)
    total += amount
    print(f"{amount:.2f}")
print(f"total {total:.2f}")
