"""From a bare Debian machine to a firmware image: fetches, builds and caches. Standard library only.

Run as `PYTHONPATH=firmware python3 -m toolchain VERB`; the Makefile's targets are the usual way in.
"""
