"""What of the firmware belongs into RAM: `make hotset` drives it, counts where the flash cache misses, and chooses.

Imports the other rooms of `prove`, and below.
"""
