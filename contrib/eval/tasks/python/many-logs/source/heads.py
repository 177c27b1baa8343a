"""Prints the first line of each file that is named on stdin, with the name before it."""

import sys

opened = [(path, open(path, encoding="utf-8", errors="replace")) for path in sys.stdin.read().split()]
for path, file in sorted(opened):
    head = file.readline().rstrip("\n")
    print(f"{path}: {head}")
