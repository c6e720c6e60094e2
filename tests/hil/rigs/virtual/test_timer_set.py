"""A program sets the timer: an alarm that it jumps over stays armed until the low word comes round (RP2040 datasheet
4.6.3: an alarm fires when its 32 bits match)."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.virtual

# The SDK's alarms are those of MicroPython's own timers; alarm 1 is nobody's.
SET = """
TIMER = 0x40054000
def now():
    return mem32[TIMER + 0x28]
def put(low):
    mem32[TIMER + 4] = low
    mem32[TIMER] = 0
def raised():
    return mem32[TIMER + 0x34] >> 1 & 1
mem32[TIMER + 0x34] = 2
at = now() + 1_000_000
mem32[TIMER + 0x14] = at
put(at + 5_000_000)
"""
AFTER = """
time.sleep_us(2000)
print(raised(), mem32[TIMER + 0x20] >> 1 & 1, now() - at > 5_000_000)
put(at - 1000)
time.sleep_us(500)
print(raised())
time.sleep_us(1000)
print(raised(), mem32[TIMER + 0x20] >> 1 & 1)
"""


def test_an_alarm_that_a_program_jumps_over_fires_when_its_time_comes_round(repl):
    assert repl.execute(SET + AFTER).split() == ["0", "1", "True", "0", "1", "0"]
