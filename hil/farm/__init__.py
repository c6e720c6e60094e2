"""Benches that many people share: a rig over the network, and labgrid, which says whose turn it is.

Imports hil.testing and below. `grid/` runs in labgrid's own environment (.venv-farm, `make farm`) and imports of the
project `wire`, `session` and what needs nothing but Python; all else runs in .venv, which knows nothing of labgrid:
`place` starts `grid/hold.py` to get a bench and keep it, `server` is what stands behind a bench's exporter.
"""
