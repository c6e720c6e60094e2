"""The fields of a sentence of text -> integers, in few viper functions; nothing allocated.

Thumb's jumps reach 2 kB, so no function here can be much longer.
"""

import micropython

EMPTY = -0x3FFFFFFF  # in place of what is not there

# Forms of fields, and what each puts out:
#   c  hhmmss or hhmmss.s...: hhmmssmmm, what is beyond ms cut off
#   a  dddmm.mmmmmmmm: dddmm, and hundred-millionths of a minute, what is beyond them (0.02 mm) cut off
#   l  one letter: its byte
#   i  digits: their number.  d  six digits: theirs
#   2  a number that is not negative: its hundredths, rounded.  3  its thousandths.  m  thousandths, with a sign
#   u  a number that is not negative, n  any number, x  anything: nothing
END = b"\0"


@micropython.viper
def read(line: ptr8, length: int, forms: ptr8, out: ptr32) -> int:
    """Put what `forms` (ended by END) say into out, of the fields behind the address in line[:length]; how many fields
    there are with the address, or 0 when one has not its form. Fields that are empty or lack put out EMPTY."""
    i = 0
    while i < length and line[i] != 44:
        i += 1
    count = 1
    n = 0
    to = 0
    while forms[n] != 0:
        form = forms[n]
        n += 1
        at = i
        if i < length:
            i += 1
            count += 1
            at = i
            while i < length and line[i] != 44:
                i += 1
        if form == 120:  # x
            continue
        if at == i:
            if form != 110 and form != 117:
                out[to] = -0x3FFFFFFF
                to += 1
                if form == 97:
                    to += 1
            continue
        if form == 108:  # l
            if i - at != 1:
                return 0
            out[to] = line[at]
            to += 1
            continue
        negative = 0
        if line[at] == 45:
            if form != 109 and form != 110:  # m, n
                return 0
            negative = 1
            at += 1
        first = at
        whole = 0
        while at < i and line[at] != 46:
            byte = line[at] - 48
            if byte < 0 or byte > 9 or whole > 100000000:
                return 0
            whole = whole * 10 + byte
            at += 1
        digits = at - first
        if (form == 100 or form == 99) and digits != 6:  # d, c
            return 0
        decimals = 3
        if form == 105 or form == 100:  # i, d
            if at < i:
                return 0
            decimals = 0
        elif form == 50:  # 2
            decimals = 2
        elif form == 97:  # a
            decimals = 8
        fraction = 0
        while decimals > 0:
            at += 1
            fraction *= 10
            if at < i:
                byte = line[at] - 48
                if byte < 0 or byte > 9:
                    return 0
                fraction += byte
                digits += 1
            decimals -= 1
        at += 1
        if at < i and line[at] > 52 and form != 99 and form != 97:
            fraction += 1
        while at < i:
            if line[at] < 48 or line[at] > 57:
                return 0
            digits += 1
            at += 1
        if digits == 0:
            return 0
        if form == 110 or form == 117:
            continue
        if form == 97:
            out[to] = whole
            to += 1
            whole = 0
        elif form != 105 and form != 100:
            if form != 99 and whole > 99999:
                return 0
            whole *= 100 if form == 50 else 1000
        whole += fraction
        if negative:
            whole = 0 - whole
        out[to] = whole
        to += 1
    while i < length:
        if line[i] == 44:
            count += 1
        i += 1
    return count


@micropython.viper
def ms_of(clock: int) -> int:
    """hhmmssmmm -> ms of the day; -1 when there is no such time. A leap second is one."""
    ms = clock % 1000
    clock = clock // 1000
    seconds = clock % 100
    minutes = clock // 100 % 100
    hours = clock // 10000
    if hours > 23 or minutes > 59 or seconds > 60:
        return -1
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms


@micropython.viper
def place(values: ptr32, at: int) -> int:
    """Latitude (two values, as read), its half, longitude and its half at values[at:at + 6] -> degrees rounded down and
    billionths of both, at values[at:at + 4]; 1, 0 when neither is there, -1 when they are no place.

    Billionths of m minutes and f hundred-millionths are m // 3 times 50,000,000 and the rest in sixths, rounded: so all
    stays below 31 bits.
    """
    if values[at] == -0x3FFFFFFF and values[at + 3] == -0x3FFFFFFF:
        return 0
    most = 90
    half = 78  # N
    other = 83  # S
    source = at
    while source < at + 6:
        whole = values[source]
        minutes = whole % 100
        degrees = whole // 100
        letter = values[source + 2]
        if whole < 0 or minutes > 59 or (letter != half and letter != other):
            return -1
        billionths = minutes // 3 * 50000000 + (minutes % 3 * 100000000 + values[source + 1] + 3) // 6
        if billionths == 1000000000:
            degrees += 1
            billionths = 0
        if degrees > most or (degrees == most and billionths > 0):
            return -1
        if letter == other:
            degrees = 0 - degrees
            if billionths > 0:
                degrees -= 1
                billionths = 1000000000 - billionths
        values[at] = degrees
        values[at + 1] = billionths
        if most == 180:
            return 1
        at += 2
        source += 3
        most = 180
        half = 69  # E
        other = 87  # W
    return 1
