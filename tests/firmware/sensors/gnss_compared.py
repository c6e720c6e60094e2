"""A fix beside what another parser says; and bytes spoilt as lines spoil them."""


def angle_of(whole, billionths):
    return whole + billionths / 1e9


# What may differ: angles by half a billionth and the oracle's own rounding, what is rounded by one step.
LOOSE = {"latitude": 1.1e-9, "longitude": 1.1e-9, "speed_mm_s": 1, "course_mrad": 1}


def differences(fix, expected):
    """[(name, ours, the oracle's)] of what is not the same."""
    ours = {name: getattr(fix, name, None) for name in expected} | {
        "latitude": angle_of(fix.latitude_deg, fix.latitude_billionths),
        "longitude": angle_of(fix.longitude_deg, fix.longitude_billionths),
    }
    found = []
    for name, value in expected.items():
        if name == "horizontal_mm":
            same = max(1, value - 2) <= ours[name] <= max(value * 1.0003 + 2.1, 1)
        elif name == "course_mrad":
            same = abs((ours[name] - value + 3000) % 6283 - 3000) <= 1.1
        else:
            same = abs(ours[name] - value) <= LOOSE.get(name, 0)
        if not same:
            found.append((name, ours[name], value))
    return found


def spoil(random, data):
    """Some bytes changed, lost, doubled or put in."""
    data = bytearray(data)
    for _ in range(random.randrange(1, 4)):
        at = random.randrange(len(data))
        how = random.randrange(5)
        if how == 0:
            data[at] = random.randrange(256)
        elif how == 1:
            data[at] ^= 1 << random.randrange(8)
        elif how == 2:
            del data[at]
        elif how == 3:
            data.insert(at, random.choice(b"$*,.-\r\n0123456789\xb5\x62\x01\x07"))
        else:
            data[at:at] = data[at : at + random.randrange(9)]
    return bytes(data)
