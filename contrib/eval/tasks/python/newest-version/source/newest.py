"""Prints the newest of the versions on stdin: MAJOR.MINOR.PATCH, with -rcN before the release of that name."""

import sys

print(max(sys.stdin.read().split()))
