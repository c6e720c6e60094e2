"""The figures the project promises, measured: `make bench`. One file a kind of figure; __main__ prints them all.

Imports the other rooms of `prove`, and below.
"""
