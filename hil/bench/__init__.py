"""The bench: a real board wired to instruments, and what is known of it. Imports nothing of the rigs.

`instrument/` is the firmware of the second Pico, `parts/` the chips on the host's I2C bus, `wiring/` what is soldered.
"""
