"""The tables that board and laptop both read: pins, wire, events, commands, settings, limits, version. Imports no other
room.
"""
