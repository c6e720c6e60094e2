"""Benches that many people share: labgrid's resource and drivers for a bench.

Imports hil.testing and below.
"""
