"""Hostile input on every parser: console lines, telemetry, settings files, traces. `make fuzz` runs it for long.

Imports `play` and below.
"""
