"""MicroPython's `deflate` for CPython, as far as the firmware's pure modules use it: reading raw deflate."""

import zlib

RAW = 1


class DeflateIO:
    """Decompresses what `stream` gives. OSError when it is no deflate."""

    def __init__(self, stream, format=RAW, wbits=15):
        self._stream = stream
        self._inflate = zlib.decompressobj(-wbits)

    def read(self, size):
        """At most `size` bytes."""
        try:
            return self._inflate.decompress(self._stream.read(), size)
        except zlib.error as error:
            raise OSError(str(error)) from None
