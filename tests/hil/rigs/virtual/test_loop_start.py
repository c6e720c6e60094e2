"""A tick starts at its time, wherever between the timer, the looks at the clock and the sleep cycles are lost.

On the chip they are lost to cache misses, hundreds a tick and other ones each time: the timer may fire at any of the
loop's instructions. Here they are lost on purpose, so many microseconds more each time.
"""

from __future__ import annotations

import json

import pytest

from sapper_host.limits import limit

MS = 1_000_000
LATEST_US = limit("JITTER_US").value

# Puts `lost` us of the processor's time before or after one of the calls that the loop keeps time with.
LOSING = """
import machine, time
from sapper import run

lost = 0

class Losing:
    def __init__(self, what, before=False, after=False):
        self._what, self._before, self._after = what, before, after
    def __getattr__(self, name):
        found = getattr(self._what, name)
        return Losing(found, self._before, self._after) if name == "init" else found
    def __call__(self, *words, **names):
        if self._before:
            time.sleep_us(lost)
        result = self._what(*words, **names)
        if self._after:
            time.sleep_us(lost)
        return Losing(result, self._before, self._after) if hasattr(result, "init") else result

run.machine = Losing(machine)
"""
LATEST = """
clock = run.Clock()
worst = []
for lost in range(0, 400, 3):
    late = 0
    for _ in range(3):
        late = max(late, clock.wait())
    worst.append(late - lost)
clock.stop()
print(max(worst))
"""
WAITS = "from sapper import run; clock = run.Clock(); late = [clock.wait() for _ in range(60)]; clock.stop();"
LATEST_AS_MADE = """
worst = []
for lost in range(0, 400, 10):
    clock = run.Clock()
    for _ in range(3):
        worst.append(clock.wait() - lost)
    clock.stop()
print(max(worst))
"""


def latest_us(repl, name: str, when: str, measure: str) -> int:
    """How late a tick starts at the most, less what was lost in its own look at the clock."""
    return int(repl.execute(f"{LOSING}\nrun.{name} = Losing(run.{name}, {when})\n{measure}", 60_000))


@pytest.mark.parametrize("when", ["before=True", "after=True"])
@pytest.mark.parametrize("name", ["machine.idle", "ticks_us"])
def test_a_tick_starts_at_its_time_whatever_is_lost_around_the_sleep(repl, name: str, when: str) -> None:
    assert latest_us(repl, name, when, LATEST) < LATEST_US / 2


@pytest.mark.parametrize("when", ["before=True", "after=True"])
@pytest.mark.parametrize("name", ["machine.Timer", "ticks_us"])
def test_a_tick_starts_at_its_time_whatever_was_lost_as_the_timer_was_set(repl, name: str, when: str) -> None:
    assert latest_us(repl, name, when, LATEST_AS_MADE) < LATEST_US / 2


@pytest.mark.parametrize("moved_us", [-15_000, 0, 12_000_000])
def test_a_tick_starts_at_its_time_again_wherever_in_a_tick_the_clock_was_moved_to(repl, moved_us: int) -> None:
    """A little, and further than any stall does."""
    pico = repl.pico
    for further_us in range(100, 1000, 200):
        repl.start(f"{WAITS}print(late[40:])")
        pico.run(150 * MS)
        pico.cpu.set_timer_us(pico.cpu.timer_us + moved_us + further_us)
        late = json.loads(repl.finish(60_000))
        assert len(late) == 20 and max(late) < LATEST_US / 2, (further_us, late)
