"""Makes what GNSS receivers send; the same under CPython and MicroPython."""

D3 = 0xD3


def sentence(text, tail="\r\n"):
    """`text` between `$` and its checksum."""
    xor = 0
    for byte in text.encode():
        xor ^= byte
    return ("$%s*%02X%s" % (text, xor, tail)).encode()


def gga(
    time="101500.00", place="4807.03812345,N,01131.32415678,E", rest="4,12,0.9,545.4,M,46.9,M,1.2,0001", talker="GN"
):
    return sentence("%sGGA,%s,%s,%s" % (talker, time, place, rest))


def rmc(
    time="101500.00", status="A", place="4807.03812345,N,01131.32415678,E", rest="0.50,84.4,271126,,,R,V", talker="GN"
):
    return sentence("%sRMC,%s,%s,%s,%s" % (talker, time, status, place, rest))


def gst(time="101500.00", rest="0.9,0.1,0.1,12.0,0.012,0.009,0.021", talker="GN"):
    return sentence("%sGST,%s,%s" % (talker, time, rest))


def little(value, count):
    """`value` in `count` bytes, two's complement."""
    return bytes([value >> 8 * i & 255 for i in range(count)])


def frame(kind, payload):
    """A UBX frame of class NAV."""
    body = bytes([1, kind]) + little(len(payload), 2) + payload
    a = b = 0
    for byte in body:
        a = a + byte & 255
        b = b + a & 255
    return b"\xb5\x62" + body + bytes([a, b])


# Offset, bytes and usual value of a NAV-PVT's fields.
PVT = {
    "itow": (0, 4, 382_500_000), "year": (4, 2, 2026), "month": (6, 1, 11), "day": (7, 1, 27), "hour": (8, 1, 10),
    "minute": (9, 1, 15), "second": (10, 1, 0), "known": (11, 1, 7), "nano": (16, 4, 0), "fix": (20, 1, 3),
    "flags": (21, 1, 0x83), "satellites": (23, 1, 17), "longitude": (24, 4, 115_220_693),
    "latitude": (28, 4, 481_173_020), "height": (32, 4, 592_300), "above_sea": (36, 4, 545_400),
    "horizontal": (40, 4, 14), "vertical": (44, 4, 21),
    "speed": (60, 4, 257), "course": (64, 4, 8_440_000), "pdop": (76, 2, 150), "more": (78, 2, 2 << 1),
}  # fmt: skip
HIGH = {
    "version": (0, 1, 0), "flags": (3, 1, 0), "itow": (4, 4, 382_500_000), "longitude": (8, 4, 115_220_693),
    "latitude": (12, 4, 481_173_020), "height": (16, 4, 592_300), "above_sea": (20, 4, 545_400), "east": (24, 1, 59),
    "north": (25, 1, -38), "height_more": (26, 1, 3), "sea_more": (27, 1, 3), "horizontal": (28, 4, 141),
    "vertical": (32, 4, 208),
}  # fmt: skip


def _filled(fields, length, values):
    payload = bytearray(length)
    for name in fields:
        at, count, usual = fields[name]
        payload[at : at + count] = little(values.get(name, usual), count)
    return bytes(payload)


def pvt(**values):
    return frame(0x07, _filled(PVT, 92, values))


def high(**values):
    return frame(0x14, _filled(HIGH, 36, values))


def crc24q(data):
    """Bit by bit, as RTCM 10403 has it."""
    crc = 0
    for byte in data:
        crc ^= byte << 16
        for _ in range(8):
            crc <<= 1
            if crc & 0x1000000:
                crc ^= 0x1864CFB
    return crc


def rtcm(payload):
    head = bytes([D3, len(payload) >> 8, len(payload) & 255]) + payload
    crc = crc24q(head)
    return head + bytes([crc >> 16, crc >> 8 & 255, crc & 255])
