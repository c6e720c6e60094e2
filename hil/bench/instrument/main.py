"""Starts the instrument. Frozen into the image."""

import micropython

micropython.kbd_intr(-1)  # no byte from the host is a Ctrl-C

import loop

loop.main()
