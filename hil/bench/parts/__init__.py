"""The chips on the host's I2C bus: opened through Blinka, driven by Adafruit's drivers as they are, and told apart when
something is wrong with them. `models/` has the same chips register by register, for a bench without hardware.

Imports hil.bench.config and errors.
"""
