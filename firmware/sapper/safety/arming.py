"""Arming is deliberate: `arm` gives a code, and only that code typed back in time, on the same link, arms."""

import micropython

CODE_DIGITS = 4


class Arming:
    """One pending code at a time; a wrong answer spends it."""

    def __init__(self):
        self._code = None
        self._port = None
        self._left_ms = 0

    def offer(self, port, random_bits, limit_ms):
        """A fresh code (text) for this link, good for limit_ms. random_bits: 16 or more fresh random bits."""
        self._code = "%04d" % (random_bits % 10**CODE_DIGITS)
        self._port = port
        self._left_ms = limit_ms
        return self._code

    @micropython.native
    def elapse(self, ms):
        """Time passes."""
        if self._code is not None:
            self._left_ms -= ms
            if self._left_ms <= 0:
                self._code = None

    def pending(self):
        """Whether a code waits to be typed."""
        return self._code is not None

    def confirm(self, port, text):
        """True once, for the right code in time from the link it was given to."""
        right = self._code is not None and port == self._port and text == self._code
        self._code = None
        return right
