"""Random moments in NMEA, and how a parser differs from pynmeagps on them, whole and spoilt."""

import math
import re
from random import Random

from gnss_compared import differences, spoil
from gnss_messages import sentence
from pynmeagps import NMEAReader

from sapper.sensors import fix as f

KIND_OF_QUALITY = {1: f.SINGLE, 2: f.DIFFERENTIAL, 3: f.SINGLE, 4: f.FIXED, 5: f.FLOAT, 6: f.DEAD_RECKONING}
KIND_OF_MODE = {
    "A": f.SINGLE, "D": f.DIFFERENTIAL, "E": f.DEAD_RECKONING, "F": f.FLOAT, "P": f.DIFFERENTIAL, "R": f.FIXED,
}  # fmt: skip
TALKERS = ("GP", "GN", "GL", "GA", "GB", "BD", "QZ", "GI", "GQ", "IN")


def degrees(random, most, width):
    """A latitude or longitude as receivers write it, with 2 to 8 decimals of minutes."""
    decimals = random.randrange(2, 9)
    minutes = f"{random.randrange(60):02}.{random.randrange(10**decimals):0{decimals}}"
    return f"{random.choice((0, 1, most - 1, random.randrange(most))):0{width}}{minutes}"


def decimal(random, most, decimals, empty=0.1):
    """A number with up to so many decimals, or nothing."""
    if random.random() < empty:
        return ""
    value = random.choice((0, most, random.random() * most, random.random()))
    return f"{value:.{random.randrange(decimals + 1)}f}"


def moment(random):
    """Time and texts of a moment's sentences."""
    hour, minute, second = random.randrange(24), random.randrange(60), random.randrange(60)
    fraction = random.choice(("", ".0", ".00", ".25", ".500", ".999"))
    time = f"{hour:02}{minute:02}{second:02}"
    place = f"{degrees(random, 90, 2)},{random.choice('NS')},{degrees(random, 180, 3)},{random.choice('EW')}"
    sign = random.choice(("", "", "-"))
    geoid = sign + decimal(random, 110, 3, 0) if random.random() < 0.9 else ""
    texts = {
        "GGA": f"{place},{random.choice((1, 2, 3, 4, 5, 6))},{random.randrange(60):02},{decimal(random, 99, 2)},"
        f"{sign}{decimal(random, 9000, 4, 0)},M,{geoid},M,{decimal(random, 99, 1, 0.5)},0123",
        "RMC": f"A,{place},{decimal(random, 900, 3)},{decimal(random, 360, 2)},"
        f"{random.randrange(1, 29):02}{random.randrange(1, 13):02}{random.randrange(69):02},,,"
        f"{random.choice('ADEFPR')}" + random.choice((",V", ",S", "")),
        "GST": ",".join(decimal(random, 90, 3, 0.03) for _ in range(7)),
    }
    order = random.sample(sorted(texts), random.choice((1, 2, 3, 3, 3)))
    talker = random.choice(TALKERS)
    return [f"{talker}{kind},{time}{fraction},{texts[kind]}" for kind in order]


def mm(value):
    """Metres (float) -> mm, rounded half away from 0, as floats allow."""
    return int(math.copysign(math.floor(abs(value) * 1000 + 0.5 + 1e-7), value))


def of_oracle(lines):
    """What the fix of these sentences has to be by pynmeagps, {} when there is none to expect."""
    said = {message.msgID: message for message in (NMEAReader.parse(line) for line in lines)}
    gga, rmc, gst = (said.get(kind) for kind in ("GGA", "RMC", "GST"))
    where = gga or rmc
    if where is None:
        return {}
    time = where.time
    expected = {
        "latitude": where.lat,
        "longitude": (where.lon + 180) % 360 - 180,
        "kind": KIND_OF_QUALITY[gga.quality] if gga else KIND_OF_MODE[rmc.posMode],
        "time_ms": ((time.hour * 60 + time.minute) * 60 + time.second) * 1000 + time.microsecond // 1000,
    }
    if gga:
        expected["height_mm"] = mm(gga.alt) + (mm(gga.sep) if gga.sep != "" else 0)
        expected["satellites"] = gga.numSV
        if gga.diffAge != "":
            expected["age_ms"] = mm(gga.diffAge)
    if rmc:
        if rmc.spd != "":
            expected["speed_mm_s"] = rmc.spd * 1852 / 3.6
        if rmc.cog != "":
            expected["course_mrad"] = math.radians(rmc.cog) * 1000
        expected["date"] = int(rmc.date.strftime("%Y%m%d"))
    if gst and "" not in (gst.stdLat, gst.stdLong):
        expected["horizontal_mm"] = math.hypot(gst.stdLat, gst.stdLong) * 1000
        if gst.stdAlt != "":
            expected["vertical_mm"] = max(1, mm(gst.stdAlt))
    return expected


def of_nmea(parser, count, seed=1):
    """How `parser` (a class) differs from pynmeagps over so many random moments."""
    random = Random(seed)
    found = []
    for _ in range(count):
        texts = moment(random)
        lines = [sentence(text) for text in texts]
        ours = parser()
        # Behind a moment of the same sentences, so that it is whole at its end.
        before = [sentence(re.sub(r",\d+(\.\d+)?", ",000000.01", text, count=1)) for text in texts]
        for line in before + lines:
            ours.take(line, 0, len(line), 7)
        expected = of_oracle(lines)
        if ours.sentences != 2 * len(lines):
            found.append((texts, "refused"))
        elif bool(expected) != (ours.epoch.number > 0):
            found.append((texts, "number", ours.epoch.number))
        elif expected:
            found += [(texts, *one) for one in differences(ours.epoch.fix, expected)]
    return found


def renewed(data):
    """The sentences in data with a checksum that is right, so that fields are what is tried."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError:
        return data
    body = text.strip("$\r\n").rsplit("*", 1)[0]
    return sentence(body) if body.isprintable() else data


def too_much(parser, count, seed=4):
    """What `parser` (a class) took of so many spoilt sentences and pynmeagps refuses; and how many it took."""
    random = Random(seed)
    found, taken, texts = [], 0, []
    for _ in range(count):
        texts = texts or moment(random)
        data = spoil(random, sentence(texts.pop()))
        if random.random() < 0.7:
            data = renewed(data)
        ours = parser()
        at = 0
        while at < len(data):
            at = ours.take(data, at, len(data), 7)
        if not ours.sentences:
            continue
        taken += 1
        line = bytes(ours._line[: ours._state[2]])
        there = re.search(re.escape(b"$" + line + b"*") + rb"([0-9A-Fa-f]{1,2})[\r\n]", data)
        try:
            assert there, "not what came"
            NMEAReader.parse(b"$" + line + b"*" + there[1].rjust(2, b"0") + b"\r\n")
        except Exception as wrong:
            found.append((data, line, repr(wrong)))
    return found, taken
