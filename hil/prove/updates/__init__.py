"""Updates on the virtual Pico: boards to update in their own time, other versions to update to, and power cuts.

Imports `play` and below.
"""
