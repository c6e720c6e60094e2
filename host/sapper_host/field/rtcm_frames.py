"""RTCM 3 out of a stream of bytes: whole frames alone, and what of a frame its queue has to know. Pure.

A frame (RTCM 10403, transport layer): 0xD3, six bits 0, ten bits of length, so many bytes, CRC-24Q over all before it.
What began like one and is none is looked through again from its second byte on. Until what began like one has its
length, what follows waits: up to 1,029 bytes, or until `idle` is called. At most so much is held.
"""

from __future__ import annotations

from dataclasses import dataclass

FRAME_MAX_BYTES = 1029
_PREAMBLE = 0xD3
_HEAD_BYTES, _CRC_BYTES = 3, 3
_POLYNOMIAL = 0x864CFB

# What a receiver makes a fixed place of. The rest is left out: it takes the way of what is needed.
STATION = {1005: "antenna", 1006: "antenna and its height", 1033: "receiver and antenna", 1230: "GLONASS biases"}
OBSERVED = {
    1074: "GPS", 1077: "GPS", 1084: "GLONASS", 1087: "GLONASS", 1094: "Galileo", 1097: "Galileo",
    1124: "BeiDou", 1127: "BeiDou",
}  # fmt: skip
# Of an MSM: number, station, 30 bits of its epoch's time, and whether more of the epoch follows.
_MSM_HEAD_BYTES = 7


def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte << 16
        for _ in range(8):
            value = (value << 1) ^ (_POLYNOMIAL if value & 0x800000 else 0)
        rows.append(value & 0xFFFFFF)
    return tuple(rows)


_CRC_TABLE = _table()


def crc24q(data: bytes | bytearray) -> int:
    """CRC-24Q (polynomial 0x864CFB, from 0, not reflected); 0 over a frame with its own CRC."""
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFFFF) ^ _CRC_TABLE[crc >> 16 ^ byte]
    return crc


class Framer:
    """frames: those that were whole. spoilt: those with a wrong CRC, and those that ended too early."""

    def __init__(self) -> None:
        self.frames = self.spoilt = 0
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The frames that are whole with these bytes, in order."""
        self._held += data
        return self._whole()

    def idle(self) -> list[bytes]:
        """Nothing has come for a while: what began like a frame does not wait for its length any more."""
        out = []
        while self._held:
            self.spoilt += 1
            del self._held[0]
            out += self._whole()
        return out

    def _whole(self) -> list[bytes]:
        held, out, at = self._held, [], 0
        while (at := held.find(_PREAMBLE, at)) >= 0:
            if len(held) - at >= 2 and held[at + 1] > 3:
                at += 1
                continue
            if len(held) - at < _HEAD_BYTES:
                break
            end = at + _HEAD_BYTES + (held[at + 1] << 8 | held[at + 2]) + _CRC_BYTES
            if len(held) < end:
                break
            if crc24q(held[at:end]):
                self.spoilt += 1
                at += 1
            else:
                self.frames += 1
                out.append(bytes(held[at:end]))
                at = end
        del held[: at if at >= 0 else len(held)]
        return out


def number_of(frame: bytes) -> int:
    """The message's number; 0 of a frame with nothing in it."""
    return frame[3] << 4 | frame[4] >> 4 if len(frame) >= _HEAD_BYTES + 2 + _CRC_BYTES else 0


@dataclass(frozen=True)
class Moment:
    """Of an MSM: of which system, when (ms, as that system counts; GLONASS with its day in front), and whether it
    says that more of the same epoch follows."""

    system: str
    time_ms: int
    more: bool


def moment_of(frame: bytes) -> Moment | None:
    """None of what is no MSM of the table above."""
    system = OBSERVED.get(number_of(frame))
    body = frame[_HEAD_BYTES:-_CRC_BYTES]
    if system is None or len(body) < _MSM_HEAD_BYTES:
        return None
    return Moment(system, int.from_bytes(body[3:7], "big") >> 2, bool(body[6] & 2))
