"""The instrument's time goes on through wraps, to the cycle; the host's follows what came soonest."""

import random

import pytest

from hil.bench.clock import HostClock, InstrumentClock
from hil.bench.instrument import wire

pytestmark = pytest.mark.unit

_OFFSET = 12_345


@pytest.mark.parametrize("origin_us", [0, 7, (1 << 32) - 1000, 1 << 31])
def test_edges_are_told_to_the_cycle_however_often_timer_and_count_wrap(origin_us: int) -> None:
    chance = random.Random(origin_us)
    clock = InstrumentClock(origin_us, _OFFSET)
    cycles = origin_us * wire.CYCLES_PER_US
    for _ in range(2000):
        cycles += chance.choice((3, 100, 65_536, 10_000_000, 60_000_000_000))
        us = cycles // wire.CYCLES_PER_US
        later = chance.choice((0, 9, 200))  # the count is looked at after the timer
        told = clock.edge_ns(us & 0xFFFFFFFF, cycles + later + _OFFSET & 0xFFFF)
        assert told == (cycles + later - origin_us * wire.CYCLES_PER_US) * 8


def test_a_report_before_the_origin_is_before_it() -> None:
    clock = InstrumentClock(5, 0)
    assert clock.us_ns((1 << 32) - 5) == -10_000
    assert clock.timer_us(-10_000) == (1 << 32) - 5
    assert clock.timer_us(1_000_000) == 1005


def test_the_hosts_clock_takes_what_came_soonest_and_forgets_what_drift_has_overtaken() -> None:
    clock = HostClock()
    chance = random.Random(1)
    rate = 1 + 60e-6
    for host_ns in range(0, 60_000_000_000, 5_000_000):
        delay_ns = 300_000 + int(chance.expovariate(1 / 2_000_000))
        clock.saw(host_ns + delay_ns, int(host_ns * rate))
        if host_ns > 1_000_000_000:
            late_ns = int((host_ns + delay_ns) * rate) - clock.instrument_ns(host_ns + delay_ns)
            assert 0 < late_ns < 700_000
