"""MicroPython's own tests on the virtual Pico with our image: proof that emulator, interpreter and image agree."""
