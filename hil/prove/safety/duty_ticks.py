"""Where the board stands in its control tick, told from outside: in each tick the speed loops set the motors' duty.

A tick sets it a millisecond at least after it has begun, the left track's first, and completes (feeds) after that. So a
change of duty lies inside its tick, before its end, and a tick of LANE_TICK_MS has ended ENDED_NS after its change.
"""

from __future__ import annotations

from hil.play.operator import OperatorError
from hil.prove.safety.timeline import Timeline
from hil.rigs.rig import NS_PER_MS, TICK_NS
from sapper_host.limits import limit

_BEGINS_NS = NS_PER_MS  # before its change of duty, least
ENDED_NS = limit("LANE_TICK_MS").value * NS_PER_MS - _BEGINS_NS
# After ENDED_NS: so long the loop still sleeps, whatever the tick before took, and so long the next change is away. A
# quarter of a millisecond of it is for a phase that is the right track's, as a board that drives steadily may change
# the left one's duty in few ticks.
SLEEPS_NS = 900_000
UNCHANGED_NS = 2_700_000
_LOOKED_BACK_NS = 600 * NS_PER_MS  # a board that drives steadily changes no duty: of its getting up to speed
_CHANGES_LEAST = 20
_IN_TIME = 0.85  # of the changes; those of ticks that began late are left out
_EARLY_NS = 300_000  # the first of these changes and the last are so far from the phase, at most: a tick may be late
_LATE_NS = 1_500_000


def phase_ns(timeline: Timeline, seen_ns: int, back_ns: int = _LOOKED_BACK_NS) -> int:
    """The earliest moment in a tick at which a duty changes, modulo a tick; of the last back_ns before seen_ns.
    OperatorError when they do not keep to a tick."""
    recent = (t for row in timeline.duty for t, _ in row if seen_ns - back_ns <= t <= seen_ns and t > 0)
    phases = sorted(t % TICK_NS for t in recent)
    if len(phases) < _CHANGES_LEAST:
        raise OperatorError(f"only {len(phases)} changes of duty within {back_ns // NS_PER_MS} ms")
    most = int(len(phases) * _IN_TIME)
    ring = [*phases, *(phase + TICK_NS for phase in phases)]
    width, first = min((ring[i + most] - ring[i], ring[i]) for i in range(len(phases)))
    if width > _LATE_NS:
        raise OperatorError("duties change at any time, and not once a tick")
    return first


def end_after(timeline: Timeline, seen_ns: int, from_ns: int) -> int:
    """From from_ns on, the first moment at which a tick must have ended, with the next one still to begin."""
    return from_ns + (phase_ns(timeline, seen_ns) + ENDED_NS - from_ns) % TICK_NS


def ended_before(timeline: Timeline, phase: int, at_ns: int) -> int | None:
    """A moment inside the last tick that must have completed before at_ns: its first change of duty. None when it
    changed none, so that nothing shows it."""
    due = at_ns - ENDED_NS - (at_ns - ENDED_NS - phase) % TICK_NS
    changes = (t for row in timeline.duty for t, _ in row if due - _EARLY_NS <= t <= due + _LATE_NS)
    return min(changes, default=None)
