"""`make docs`: bring the generated pages of docs/reference/ up to date."""

import sys

from contrib.reference.pages import pages, write

if __name__ == "__main__":
    for name in write(pages()):
        sys.stderr.write(f"wrote docs/reference/{name}\n")
