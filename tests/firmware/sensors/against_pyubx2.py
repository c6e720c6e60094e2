"""Random UBX frames, and how a parser differs from pyubx2 on them, whole and spoilt."""

import math
from random import Random

from gnss_compared import differences, spoil
from gnss_messages import pvt
from pyubx2 import GET, UBXMessage, UBXReader

from sapper.sensors import fix as f


def random_pvt(random):
    """A NAV-PVT made by pyubx2, and what its fix has to be."""
    said = {
        "iTOW": random.randrange(604_800_000), "year": random.randrange(2020, 2099), "month": random.randrange(1, 13),
        "day": random.randrange(1, 29), "hour": random.randrange(24), "min": random.randrange(60),
        "second": random.randrange(60), "validDate": 1, "validTime": 1, "nano": random.randrange(10**9),
        "fixType": random.choice((1, 2, 3, 3, 4)), "gnssFixOk": 1, "diffSoln": random.randrange(2),
        "carrSoln": random.randrange(3), "numSV": random.randrange(99),
        "lon": random.randrange(-1_800_000_000, 1_800_000_001) / 1e7,
        "lat": random.randrange(-900_000_000, 900_000_001) / 1e7, "height": random.randrange(-500_000, 9_000_000),
        "hMSL": random.randrange(-500_000, 9_000_000), "hAcc": random.choice((random.randrange(9000), (1 << 32) - 1)),
        "vAcc": random.randrange(1 << 32), "gSpeed": random.randrange(-99, 30_000),
        "headMot": random.randrange(36_000_000) / 1e5, "pDOP": random.randrange(9999) / 100,
    }  # fmt: skip
    return said, UBXMessage("NAV", "NAV-PVT", GET, **said).serialize()


def of_pvt(data):
    """What a NAV-PVT's fix has to be, by pyubx2."""
    said = UBXReader.parse(data)
    time = (said.hour * 60 + said.min) * 60 + said.second
    single = {2: f.FIXED, 1: f.FLOAT}.get(said.carrSoln, f.DIFFERENTIAL if said.diffSoln else f.SINGLE)
    return {
        "latitude": said.lat, "longitude": (said.lon + 180) % 360 - 180,
        "kind": f.DEAD_RECKONING if said.fixType == 1 else single,
        "time_ms": time * 1000 + math.floor(said.nano / 1e6 + 0.5),
        "date": said.year * 10_000 + said.month * 100 + said.day, "height_mm": said.height,
        "geoid_mm": said.height - said.hMSL, "satellites": said.numSV, "speed_mm_s": abs(said.gSpeed),
        "vertical_mm": max(1, min(said.vAcc, f.UNKNOWN_MM)), "course_mrad": math.radians(said.headMot) * 1000,
    }  # fmt: skip


def of_ubx(parser, count, seed=2):
    """How `parser` (a class) differs from pyubx2 over so many random frames."""
    random = Random(seed)
    found = []
    for _ in range(count):
        said, data = random_pvt(random)
        ours = parser()
        for each in (pvt(itow=(said["iTOW"] + 1) % 604_800_000), data):
            ours.take(each, 0, len(each), 7)
        if ours.epoch.number != 1 or ours.frames != 2:
            found.append((said, "refused"))
            continue
        found += [(said, *one) for one in differences(ours.epoch.fix, of_pvt(data))]
        horizontal = ours.epoch.fix.horizontal_mm
        if horizontal != max(1, min(said["hAcc"], f.UNKNOWN_MM)):
            found.append((said, "horizontal_mm", horizontal))
    return found


def too_much(parser, count, seed=5):
    """What `parser` (a class) took of so many spoilt frames and pyubx2 refuses, or lost; and how many it took."""
    random = Random(seed)
    found, taken = [], 0
    for _ in range(count):
        frames = [pvt(itow=random.randrange(604_800_000)), pvt(satellites=random.randrange(99))]
        data = spoil(random, frames[0]) + frames[1]
        ours = parser()
        read = []
        inner = ours._pvt

        def noted(now_ms, ours=ours, read=read, inner=inner):
            at = ours._state[9] - 6
            read.append(bytes(ours._held[at : at + 100]))
            return inner(now_ms)

        ours._pvt = noted
        at = 0
        while at < len(data):
            at = ours.take(data, at, len(data), 7)
        taken += len(read)
        if frames[1] not in read:
            found.append((data, "the whole frame was lost"))
        for each in read:
            try:
                assert each in data, "not what came"
                UBXReader.parse(each)
            except Exception as wrong:
                found.append((data, each, repr(wrong)))
    return found, taken
