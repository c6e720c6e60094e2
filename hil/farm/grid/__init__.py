"""What runs inside labgrid, by the Python of .venv-farm: the resource, its exporter, the drivers, who holds a place.

Imports hil.farm's `wire` and `session`, and of the rest of the project only what needs nothing but Python.
"""
