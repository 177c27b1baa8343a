"""Reads lines `NAME START END` with times as in 2024-03-01T08:00:00+01:00, and prints the hours of each name."""

import sys
from datetime import datetime


def moment(text):
    return datetime.fromisoformat(text[:19])


def hours(lines):
    total = {}
    for line in lines:
        name, start, end = line.split()
        worked = (moment(end) - moment(start)).total_seconds() / 3600
        if worked < 0:
            raise SystemExit(f"a shift of {name} ends before it begins")
        total[name] = total.get(name, 0) + worked
    return total


if __name__ == "__main__":
    for name, worked in sorted(hours(sys.stdin).items()):
        print(f"{name} {worked:.2f}")
