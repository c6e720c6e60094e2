"""From a bare Debian machine to a firmware image: fetches, builds and caches. Standard library only.

Run as `PYTHONPATH=firmware python3 -m toolchain VERB`; the Makefile's targets are the usual way in.
"""

import sys

MINIMUM_PYTHON = (3, 11)

if sys.version_info < MINIMUM_PYTHON:
    raise RuntimeError("Python 3.11 or later is needed; give one with: make PYTHON=/usr/bin/python3.11 ...")
