"""Talking to one board: its port, lines, answers, keys and settings. Imports `files` and the firmware's tables."""
