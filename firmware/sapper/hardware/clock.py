"""The time of day, UTC, kept by the RP2040's clock: as a host last set it, until the next start of the board.

No battery keeps it: MicroPython puts it to 2021 at every start, after a reset by the watchdog, too. So a time before
EARLIEST_S was set by nobody. Events are not told in it: their times are `t_ms`, board time (limits.TIME_WRAP_MS).
"""

import time

import machine

EARLIEST_S = 1735689600  # 2025-01-01
LATEST_S = 4102444799  # the end of 2099


def epoch_s():
    """Seconds since 1970-01-01 UTC, or 0 when nobody has set the clock."""
    now = time.time()
    return now if now >= EARLIEST_S else 0


def set_epoch_s(epoch):
    """Set the clock. 40 us of waiting."""
    year, month, day, hour, minute, second, weekday = time.gmtime(epoch)[:7]
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, 0))
