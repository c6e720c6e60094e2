"""The wire format of telemetry: COBS frames between 0x00 bytes, so text and frames share a line.

A frame before COBS is `type u8, sequence u8, payload, CRC-32 u32` (little-endian; CRC-32 of IEEE 802.3 over all
before it). The sequence rises by one a frame, of RAW frames apart.
MESSAGES rows: type, name, the rate in hertz (0 = when it happens), fields (name, struct code, unit, meaning).
Fields keep their place and meaning; new ones come at a frame's end alone, and FIRST_FIELDS says how many there were at
first: a reader takes the shorter frames of an older firmware, without the fields that it had not yet.
COBS: Cheshire and Baker, 'Consistent Overhead Byte Stuffing', 1999.
"""

import struct

try:
    from binascii import crc32
except ImportError:
    from zlib import crc32

STATUS, DETECT, EVENT, LOOP, RAW, GROUND = 1, 2, 3, 4, 5, 6

# A RAW frame: its head, then the rows of so many ticks, with the fields' names numbered (gate0_0 .. gate0_4).
RAW_HZ = 20
RAW_ROWS = 5
RAW_HEAD = (
    ("t_ms", "I", "ms", "board time of the first row's tick; wraps at 2**29"),
    ("number", "H", "", "of RAW frames since they were asked for, from 0; a gap shows a loss; wraps"),
    ("vsys_mv", "H", "mV", "supply"),
    ("temp_dc", "h", "0.1 C", "of the chip"),
)
RAW_ROW = (
    ("ms", "B", "ms", "since the tick before, 255 at most"),
    ("gate0", "H", "LSB/16", "mean of the tick's frame; 65535: none was whole"),
    ("gate1", "H", "LSB/16", "mean of the frame"),
    ("gate2", "H", "LSB/16", "mean of the frame"),
    ("left", "H", "ticks", "left encoder's count, forwards rising, its low 16 bits"),
    ("right", "H", "ticks", "right encoder's"),
)
NO_FRAME = 0xFFFF  # above the largest mean

UNKNOWN_SIGMA = 0xFFFF
# A GROUND frame carries one of ground/runs.py, in whole words.
GROUND_HZ = 2
GROUND_WORDS = 24

MESSAGES = (
    (
        STATUS,
        "STATUS",
        5,
        (
            ("t_ms", "I", "ms", "board time since start; wraps at 2**29"),
            ("state", "B", "", "index into STATES"),
            ("reason", "B", "", "index into REASONS: why it is in this state"),
            ("fault", "B", "", "index into FAULTS, 0 when none"),
            ("flags", "B", "", "bit 0 loop closed, 1 key on, 2 MOTOR_EN, 3 searched, 4 pinpoint, 5 stops weakened"),
            ("s_mm", "i", "mm", "odometer of the coil along the track, since the boot"),
            ("x_mm", "i", "mm", "dead reckoning of the tracks' middle, ahead at the boot"),
            ("y_mm", "i", "mm", "dead reckoning of the tracks' middle, left at the boot"),
            ("heading_mrad", "h", "mrad", "counter-clockwise since the boot, within half a turn"),
            ("speed_mm_s", "h", "mm/s", "of the tracks' middle"),
            ("duty_left", "h", "1/1000", "signed"),
            ("duty_right", "h", "1/1000", "signed"),
            ("vsys_mv", "H", "mV", "supply"),
            ("temp_dc", "h", "0.1 C", "of the chip"),
            ("boot", "I", "", "number of this start; places and times of another have nothing to do with these"),
            ("field_x_mm", "i", "mm", "the tracks' middle in the field: into the area from the base line"),
            ("field_y_mm", "i", "mm", "to the left from the left post"),
            ("field_heading_mrad", "h", "mrad", "counter-clockwise from the field's x, within half a turn"),
            ("sigma_mm", "H", "mm", "one sigma of that place; 65535: it is not known"),
            ("sigma_mrad", "H", "mrad", "one sigma of that heading"),
            (
                "aid",
                "B",
                "",
                "bit 0 placed, 1 gyro, 2 and 3 GNSS (1 single, 2 float, 3 fixed), 4 GNSS dropped, 5 held by GNSS, 6 "
                "ground checked, 7 released",
            ),
            ("ground", "B", "", "index into GROUNDS: why the last motion was refused or stopped"),
            ("move", "B", "", "index into MOVES: what the tracks are doing"),
        ),
    ),
    (
        DETECT,
        "DETECT",
        20,
        (
            ("t_ms", "I", "ms", "board time since start; wraps at 2**29"),
            ("s_mm", "i", "mm", "odometer of the coil"),
            ("strength", "H", "0..1000", "of the detector"),
            ("class", "B", "", "index into CLASSES"),
            ("statistic", "i", "", "the detector's statistic"),
            ("level", "i", "", "its alert level"),
            ("gate0", "H", "LSB/16", "mean of the frame"),
            ("gate1", "H", "LSB/16", "mean of the frame"),
            ("gate2", "H", "LSB/16", "mean of the frame"),
            ("behind_mm", "h", "mm", "so far behind the coil lies what the strength is of; negative: ahead, it backed"),
        ),
    ),
    (
        EVENT,
        "EVENT",
        0,
        (
            ("number", "H", "", "rises by one, wraps"),
            ("t_ms", "I", "ms", "board time since start; wraps at 2**29"),
            ("kind", "B", "", "id in KINDS"),
            ("s_mm", "i", "mm", "odometer of the coil"),
            ("a", "i", "", "first integer of the kind"),
            ("b", "i", "", "second"),
            ("c", "i", "", "third"),
            ("d", "i", "", "fourth"),
            ("e", "i", "", "fifth"),
        ),
    ),
    (
        LOOP,
        "LOOP",
        1,
        (
            ("t_ms", "I", "ms", "board time since start; wraps at 2**29"),
            ("ticks", "I", "", "control ticks since start"),
            ("load_pm", "H", "1/1000", "busy time of the loop over the last second"),
            ("tick_max_us", "H", "us", "longest tick of the last second"),
            ("jitter_max_us", "H", "us", "latest start of the last second"),
            ("missed", "H", "", "frames missed since start"),
            ("dropped", "H", "", "telemetry frames dropped since start"),
            ("heap_free", "I", "bytes", "when last looked at, standing"),
            ("refused", "H", "", "lines refused since start"),
        ),
    ),
    (
        RAW,
        "RAW",
        RAW_HZ,
        RAW_HEAD + tuple((f[0] + "_" + str(i), f[1], f[2], f[3]) for i in range(RAW_ROWS) for f in RAW_ROW),
    ),
    (
        GROUND,
        "GROUND",
        GROUND_HZ,
        (
            ("t_ms", "I", "ms", "board time since start; wraps at 2**29"),
            ("length", "B", "bytes", "of the piece of the map that follows (ground/runs.py)"),
        )
        + tuple(("w" + str(i), "I", "", "four of its bytes, the first lowest") for i in range(GROUND_WORDS)),
    ),
)

FIRST_FIELDS = {STATUS: 14, DETECT: 9}

HEADER_BYTES = 2
CRC_BYTES = 4
FORMATS = {row[0]: "<BB" + "".join(field[1] for field in row[3]) for row in MESSAGES}
NAMES = {row[0]: row[1] for row in MESSAGES}
FIELDS = {row[0]: tuple(field[0] for field in row[3]) for row in MESSAGES}
FRAME_MAX_BYTES = max(struct.calcsize(f) for f in FORMATS.values()) + CRC_BYTES
# COBS adds one byte for every 254, and each frame stands between two zeros.
WIRE_MAX_BYTES = FRAME_MAX_BYTES + FRAME_MAX_BYTES // 254 + 3


class WireError(ValueError):
    """A frame that cannot be what the board sent; the text says why."""


def decode(frame):
    """A de-stuffed frame (bytes) -> (name, sequence, {field: value}); WireError when type, length or CRC do not fit.
    Fields that the sender's firmware had not yet are not there."""
    if len(frame) < HEADER_BYTES + CRC_BYTES:
        raise WireError("frame of %d bytes is too short" % len(frame))
    body = bytes(frame[:-CRC_BYTES])
    if crc32(body) & 0xFFFFFFFF != struct.unpack("<I", frame[-CRC_BYTES:])[0]:
        raise WireError("CRC does not fit")
    kind = body[0]
    if kind not in FORMATS:
        raise WireError("unknown frame type %d: the host may be older than the firmware" % kind)
    form = FORMATS[kind]
    shortest = len("<BB") + FIRST_FIELDS.get(kind, len(FIELDS[kind]))
    while len(form) > shortest and struct.calcsize(form) > len(body):
        form = form[:-1]
    if struct.calcsize(form) != len(body):
        raise WireError(
            "%s of %d bytes, expected %d: update whichever of firmware and host is older"
            % (NAMES[kind], len(body), struct.calcsize(FORMATS[kind]))
        )
    values = struct.unpack(form, body)
    return NAMES[kind], values[1], dict(zip(FIELDS[kind], values[2:]))
