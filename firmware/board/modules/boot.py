"""Does nothing. MicroPython runs a boot.py before main.py; frozen, so that no file on the board takes its place."""
