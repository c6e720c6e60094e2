"""Telemetry frames on the board: values -> a COBS frame in one preallocated buffer. The table is wire.py's."""

import struct

from sapper import wire
from sapper.cobs import encode_into, put_u32

try:
    from binascii import crc32
except ImportError:
    from zlib import crc32


class FrameWriter:
    """One buffer for all types; the view of a frame is good until the next is made.

    What is allocated a frame: at most one CRC over 2**30 (16 bytes); everything else is preallocated.
    """

    def __init__(self):
        self._sequence = 0
        self._raw = bytearray(wire.FRAME_MAX_BYTES)
        self._wire = bytearray(wire.WIRE_MAX_BYTES)
        whole = memoryview(self._raw)
        on_wire = memoryview(self._wire)
        self._bodies = {}
        self._views = {}
        for kind, form in wire.FORMATS.items():
            size = struct.calcsize(form)
            self._bodies[kind] = whole[:size]
            # two zeros, one code byte: frames are far below 254 bytes
            self._views[kind] = on_wire[: size + wire.CRC_BYTES + 3]

    def make(self, kind, *values):
        """The frame of type `kind` with its fields in table order, ready for the line (memoryview)."""
        self._sequence = (self._sequence + 1) & 255
        struct.pack_into(wire.FORMATS[kind], self._raw, 0, kind, self._sequence, *values)
        body = self._bodies[kind]
        size = len(body)
        put_u32(self._raw, size, crc32(body))
        encode_into(self._raw, size + wire.CRC_BYTES, self._wire)
        return self._views[kind]
