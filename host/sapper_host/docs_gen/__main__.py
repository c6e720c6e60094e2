"""Writes the reference pages of docs/ from the tables that firmware and tools run on: `python -m sapper_host.docs_gen`.

With --check nothing is written: the status is 3 when a page is stale, so that a test keeps the pages true.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from sapper_host.docs_gen.pages import made, stale
from sapper_host.errors import Status
from sapper_host.files.checkout import DOCS


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pages, or with --check name the stale ones."""
    parser = argparse.ArgumentParser(prog="python -m sapper_host.docs_gen", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; status 3 when a page is stale")
    options = parser.parse_args(arguments)
    paths = stale()
    for path in paths:
        print(f"{path}: {'stale; run python -m sapper_host.docs_gen' if options.check else 'written'}")
        if not options.check:
            path.write_text(made(DOCS)[path], encoding="utf-8")
    return Status.SHORTFALL if paths and options.check else Status.OK


if __name__ == "__main__":
    sys.exit(main())
