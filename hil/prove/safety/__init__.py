"""Fault injection on the virtual Pico: each safety rule, measured at the pins. `make safety` runs it.
Imports `play` and below.
"""
