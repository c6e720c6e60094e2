"""Telemetry frames on the board: values -> a COBS frame in one preallocated buffer. The table is wire.py's.

pack_into(FORMATS[kind], writer.raw, 0, kind, writer.sequence(), values...); view = writer.seal(kind). Nothing is
allocated on the way; the caller packs, since handing the values on would make a tuple of them.
"""

import struct

from sapper.crypto.crc import put_crc32
from sapper.link.cobs import encode_into
from sapper.shared.wire import CRC_BYTES, FORMATS, FRAME_MAX_BYTES, WIRE_MAX_BYTES


class FrameWriter:
    """One buffer for all types; the view of a frame is good until the next is made."""

    def __init__(self):
        self.raw = bytearray(FRAME_MAX_BYTES)
        self._sequence = 0
        self._wire = bytearray(WIRE_MAX_BYTES)
        on_wire = memoryview(self._wire)
        self._sizes = {}
        self._views = {}
        for kind, form in FORMATS.items():
            size = struct.calcsize(form)
            self._sizes[kind] = size
            # two zeros, one code byte: frames are far below 254 bytes
            self._views[kind] = on_wire[: size + CRC_BYTES + 3]

    def sequence(self):
        """The number of the frame being packed."""
        self._sequence = (self._sequence + 1) & 255
        return self._sequence

    def seal(self, kind, packed=None):
        """CRC and COBS over what was packed, here or into a buffer of the caller's: the frame as it goes onto the line
        (memoryview)."""
        size = self._sizes[kind]
        packed = packed or self.raw
        put_crc32(packed, size)
        encode_into(packed, size + CRC_BYTES, self._wire)
        return self._views[kind]

    def make(self, kind, *values):
        """A frame from its values in table order, where a tuple does not matter."""
        struct.pack_into(FORMATS[kind], self.raw, 0, kind, self.sequence(), *values)
        return self.seal(kind)
