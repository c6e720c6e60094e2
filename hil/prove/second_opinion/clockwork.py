"""rp2040py's clock and core, run to an instant.

Its own loop jumps over a core's sleep in one go, and the state machines of PIO lose what they should have done
meanwhile. This one stops a sleep at each instant at which a machine is due; the rest is rp2040py's.
"""

from __future__ import annotations

from rp2040py.execute_batch import execute_batch
from rp2040py.rp2040 import RP2040

CYCLE_NS = 8  # rp2040py counts cycles of 125 MHz, whatever the clocks are set to
_FRACTION = 256  # PIO's due times are in 1/256 of a cycle


class Clockwork:
    """Stands where rp2040py expects a Simulator: `execute_batch` asks it at every instruction whether to stop."""

    def __init__(self, rp2040: RP2040) -> None:
        self.rp2040 = rp2040
        self.clock = rp2040.clock
        self._core = rp2040.core
        self._ended = False
        self._end = rp2040.clock.create_alarm(self._at_end)

    def _at_end(self) -> None:
        self._ended = True

    @property
    def stopped(self) -> bool:
        """Whether the batch of instructions is over: the core sleeps, or the instant has come."""
        return self._core.waiting or self._ended

    def run_until(self, t_ns: float) -> None:
        """Let time pass until `t_ns`; an instruction that crosses it is finished."""
        if t_ns <= self.clock.nanos:
            return
        self._ended = False
        self._end.schedule(t_ns - self.clock.nanos)
        while not self._ended:
            if self._core.waiting:
                self._sleep()
            else:
                execute_batch(self, 1)

    def _sleep(self) -> None:
        before = self._cycle()
        nap_ns = self.clock.nanos_to_next_alarm
        for pio in self.rp2040.pio:
            if not pio.stopped:
                due_ns = (pio.next_due_fp - pio.cycle_fp) * CYCLE_NS / _FRACTION
                nap_ns = min(nap_ns, max(due_ns, CYCLE_NS))
        self.clock.tick(nap_ns)
        cycles = self._cycle() - before
        for pio in self.rp2040.pio:
            if cycles and not pio.stopped:
                pio.advance(cycles)

    def _cycle(self) -> int:
        return int(self.clock.nanos / CYCLE_NS + 1e-6)
