"""MicroPython's `deflate` for CPython, as far as the firmware's pure modules use it: reading raw deflate."""

import zlib

RAW = 1


class DeflateIO:
    """Decompresses what `stream` gives. OSError when it is no deflate."""

    def __init__(self, stream, format=RAW, wbits=15):
        self._stream = stream
        self._inflate = zlib.decompressobj(-wbits)

    def readinto(self, room):
        """As much as there is, or fits."""
        try:
            data = self._inflate.decompress(self._stream.read(), len(room))
        except zlib.error as error:
            raise OSError(str(error)) from None
        room[: len(data)] = data
        return len(data)
