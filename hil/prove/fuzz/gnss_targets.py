"""What comes from a GNSS receiver, and what goes to it: seeds, grammars, and what must hold whatever the bytes."""

from __future__ import annotations

from random import Random
from typing import Any

from hil.prove.fuzz.engine import Target
from hil.prove.fuzz.odd_values import number
from sapper.sensors.fix import FIXED, UNKNOWN_MM, Fix
from sapper.sensors.receiver import Receiver
from sapper.sensors.rtcm import FRAME_MAX_BYTES, QUEUE_BYTES, Corrections

BILLION = 10**9
# Name of what a fix has, least and most.
BOUNDS = {
    "time_ms": (0, 86_401_001), "date": (0, 99_991_231), "latitude_deg": (-90, 90), "longitude_deg": (-180, 179),
    "latitude_billionths": (0, BILLION - 1), "longitude_billionths": (0, BILLION - 1), "kind": (0, FIXED),
    "height_mm": (-200_000_000, 200_000_000), "satellites": (0, 255), "horizontal_mm": (1, UNKNOWN_MM),
    "vertical_mm": (1, UNKNOWN_MM), "speed_mm_s": (0, UNKNOWN_MM), "course_mrad": (0, 6282), "age_ms": (0, 1 << 30),
}  # fmt: skip


def sentence(text: str) -> bytes:
    """With its checksum."""
    xor = 0
    for byte in text.encode():
        xor ^= byte
    return f"${text}*{xor:02X}\r\n".encode()


def ubx_frame(kind: int, payload: bytes) -> bytes:
    """Of class NAV, with its checksum."""
    body = bytes([1, kind]) + len(payload).to_bytes(2, "little") + payload
    a = b = 0
    for byte in body:
        a = a + byte & 255
        b = b + a & 255
    return b"\xb5\x62" + body + bytes([a, b])


def crc24q(data: bytes) -> int:
    """Bit by bit."""
    crc = 0
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc = crc << 1 ^ (0x1864CFB if crc & 0x800000 else 0)
    return crc


def rtcm_frame(payload: bytes) -> bytes:
    """With its CRC."""
    head = b"\xd3" + len(payload).to_bytes(2, "big") + payload
    return head + crc24q(head).to_bytes(3, "big")


_PLACE = "4807.03812345,N,01131.32415678,E"
SENTENCES = (
    sentence(f"GNGGA,101500.00,{_PLACE},4,12,0.9,545.4,M,46.9,M,1.2,0001"),
    sentence(f"GNRMC,101500.00,A,{_PLACE},0.50,84.4,271126,,,R,V"),
    sentence("GNGST,101500.00,0.9,0.1,0.1,12.0,0.012,0.009,0.021"),
)
FRAMES = (ubx_frame(0x07, bytes(92)), ubx_frame(0x14, bytes(36)))
CORRECTIONS = (rtcm_frame(bytes(19)), rtcm_frame(b"\xd3\x00\x01" * 40))


def sentences(random: Random) -> bytes:
    """Two moments of sentences with some odd fields, and checksums that are right."""
    made = b""
    for line in (*SENTENCES, *SENTENCES):
        fields = line[1:-5].decode().split(",")
        for _ in range(random.randrange(3)):
            usual = ("", "9999.9", "18959.99999999", "-1", "0", "235959.999", "W", "S", "V")
            fields[random.randrange(1, len(fields))] = random.choice((*usual, str(number(random))))
        made += sentence(",".join(fields))
    return made


def frames(random: Random) -> bytes:
    """UBX frames of any content, and checksums that are right."""
    kinds = ((0x07, 92), (0x14, 36))
    made = b""
    for _ in range(random.randrange(1, 4)):
        kind, length = random.choice(kinds)
        payload = bytearray(random.randbytes(length) if random.randrange(3) else bytes(length))
        if kind == 0x07:
            payload[11] &= random.choice((0, 255))
            payload[20:22] = b"\x03\x01"
        made += ubx_frame(kind, bytes(payload)) + random.randbytes(random.randrange(3))
    return made


def corrections_of(random: Random) -> bytes:
    """RTCM frames with rubbish between."""
    made = b""
    for _ in range(random.randrange(1, 5)):
        made += rtcm_frame(random.randbytes(random.choice((0, 1, 40, 300)))) + random.randbytes(random.randrange(4))
    return made


def _check(fix: Fix) -> None:
    for name, (least, most) in BOUNDS.items():
        assert least <= getattr(fix, name) <= most, f"{name} is {getattr(fix, name)}"
    assert fix.latitude_deg < 90 or not fix.latitude_billionths, "beyond the pole"


def _seen(receiver: Any) -> tuple[object, ...]:
    return (vars(receiver.fix), receiver.number, receiver.spoilt(), receiver.nmea.others)


def receiver() -> Target:
    """Fixes are within bounds, and the same however the bytes are cut."""

    def feed(data: bytes) -> None:
        whole, pieces = Receiver(), Receiver()
        whole.take(data, len(data), 0)
        for start in range(0, len(data), 7):
            pieces.take(data[start : start + 7], len(data[start : start + 7]), 0)
            _check(pieces.fix)
        assert _seen(whole) == _seen(pieces), "what is made of it depends on how it is cut"
        assert len(whole.nmea._line) == 128 and len(whole.ubx._held) == 256, "a buffer grew"

    return feed


def corrections() -> Target:
    """What gets through are whole frames with a right CRC, never more than there is room for."""

    def feed(data: bytes) -> None:
        queue = Corrections()
        target = bytearray(100)
        out = b""
        for start in range(0, len(data), 53):
            piece = data[start : start + 53]
            at = 0
            while at < len(piece):
                at = queue.take(piece, at, len(piece))
            assert 0 <= queue.waiting <= QUEUE_BYTES
            out += target[: queue.give(target, 100)]
        while count := queue.give(target, 100):
            out += target[:count]
        while out:
            length = int.from_bytes(out[1:3], "big") + 6
            assert out[0] == 0xD3 and length <= FRAME_MAX_BYTES, "no frame"
            assert crc24q(out[:length]) == 0, "a frame with a wrong CRC"
            out = out[length:]

    return feed
