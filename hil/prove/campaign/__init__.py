"""Campaigns: every trace of a folder replayed into the firmware, scored, and told as one report. Imports `play` and
below.
"""
