"""Calibrating a head on its board: coil in air, over clean ground, a test piece; what is found, set and filed."""
