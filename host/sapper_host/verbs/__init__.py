"""The verbs of the `sapper` command: one a file, thin over the library. Heavy imports stay inside the functions.

Imports every other room and, alone of all, the rigs (hil).
"""
