"""Frames between the bench's host and the instrument, made and found again; their tables are in instrument/wire.py.

What is lost or spoilt on the way costs the frames it was in, and no other.
"""

from __future__ import annotations

import binascii
import struct
from collections.abc import Iterable

from hil.bench.instrument import wire

HEAD = struct.Struct(wire.HEAD)
CRC = struct.Struct(wire.CRC)
SLICE_HEAD = struct.Struct(wire.SLICE_HEAD)
ID_BODY = struct.Struct(wire.ID_BODY)
REPORT_HEAD = struct.Struct(wire.REPORT_HEAD)
EVENT = struct.Struct(wire.EVENT)

FROM_HOST = (wire.HELLO, wire.SLICE, wire.PARK, wire.BOOT, wire.LOOK)
FROM_INSTRUMENT = (wire.ID, wire.REPORT, wire.TEXT, wire.PINS)


def frame(kind: int, payload: bytes = b"") -> bytes:
    """The bytes of a frame."""
    body = HEAD.pack(wire.START, kind, len(payload)) + payload
    return body + CRC.pack(binascii.crc32(body))


class Deframer:
    """Finds the frames in a stream, those of the kinds named. `spoilt`: bytes so far that were part of none."""

    def __init__(self, kinds: Iterable[int] = FROM_INSTRUMENT) -> None:
        self._kinds = frozenset(kinds)
        self._held = bytearray()
        self.spoilt = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """(kind, payload) of each frame that these bytes complete."""
        held = self._held
        held += data
        found: list[tuple[int, bytes]] = []
        at = 0
        while True:
            start = held.find(wire.START, at)
            self.spoilt += (len(held) if start < 0 else start) - at
            if start < 0:
                at = len(held)
                break
            at = start
            if len(held) - at < HEAD.size:
                break
            _, kind, length = HEAD.unpack_from(held, at)
            end = at + HEAD.size + length
            if kind in self._kinds and length <= wire.PAYLOAD_MOST:
                if len(held) < end + CRC.size:
                    break
                body = bytes(held[at:end])
                if CRC.unpack_from(held, end)[0] == binascii.crc32(body):
                    found.append((kind, body[HEAD.size :]))
                    at = end + CRC.size
                    continue
            # No frame begins here: one may in what was taken for its inside.
            self.spoilt += 1
            at += 1
        del held[:at]
        return found
