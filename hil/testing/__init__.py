"""Scenarios for any rig: the pytest plugin, its report, and the book of what is flaky.

Imports hil.play and below.
"""
