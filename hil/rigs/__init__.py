"""Boards under test behind one interface (rig.py): `virtual` and `sil`. Imports no other room of hil."""
