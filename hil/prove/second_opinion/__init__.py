"""The same UF2 on an emulator of other authors, PyPI's rp2040py, and its events and times against our virtual Pico's.

`make second-opinion` runs it. Imports `play` and below, and the prompt of `micropython_tests`.
"""
