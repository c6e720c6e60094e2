# MicroPython runs this before anything else, at power-up and at every soft reset.
import board_storage

board_storage.start()
