"""Turns JSON lines on stdin into CSV on stdout, with a header and the columns of the first line."""

import json
import sys


def main():
    columns = None
    for line in sys.stdin:
        row = json.loads(line)
        if columns is None:
            columns = list(row)
            print(",".join(columns))
        print(",".join(str(row[column]) for column in columns))


main()
