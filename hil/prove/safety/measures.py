"""How a row is measured at the motors' pins: from the stage's timeline and a time t0, when it was so; None: it was not.

Of the board's own words it takes only that they came, and when they came: never the time that they tell.
"""

from __future__ import annotations

from collections.abc import Callable

from hil.prove.safety.stage import Stage
from hil.prove.safety.timeline import longest_zero_ns, settled_from
from hil.prove.safety.told import heard_ns
from hil.rigs.capabilities import reset_of
from hil.rigs.rig import NS_PER_MS

Measure = Callable[[Stage, int], int | None]
_UNDRIVEN_NS = 50 * NS_PER_MS  # a loop that holds a speed gives duty 0 for a tick or two


def enable_low(stage: Stage, t0: int) -> int | None:
    """MOTOR_EN fell and stayed down."""
    return settled_from(stage.timeline.enable, t0)


def down_since_open(stage: Stage, t0: int) -> int | None:
    """MOTOR_EN was up for the last time so long after the loop opened, if at all, be it for an instant."""
    down = settled_from(stage.timeline.enable, stage.opened_ns)
    return None if down is None else t0 + down - stage.opened_ns


def duties_zero(stage: Stage, t0: int) -> int | None:
    """Both duties became 0 and stayed there."""
    times = [settled_from(row, t0) for row in stage.timeline.duty]
    return None if None in times else max(time for time in times if time is not None)


def stopped(stage: Stage, t0: int) -> int | None:
    """Both: no motor can turn."""
    times = (enable_low(stage, t0), duties_zero(stage, t0))
    return None if None in times else max(time for time in times if time is not None)


def reset(stage: Stage, t0: int) -> int | None:
    """The watchdog reset the chip. From outside: the transmit pulses, which no processor makes, ceased, and when the
    board had started it told that its watchdog did it."""
    if not stage.inside:
        if heard_ns(stage.operator, "boot", t0, lambda args: str(args["cause"]) == "watchdog") is None:
            return None
        return next((t for t, duty in stage.timeline.pulses if t > t0 and not duty), None)
    return next((t for t, cause in reset_of(stage.rig).reset_causes() if t > t0 and cause.startswith("watchdog")), None)


def held_up(stage: Stage, t0: int) -> int | None:
    """MOTOR_EN never fell: the interlock was fed without a gap of its hold time. Reported as 0."""
    return (
        t0 if all(level == 1 for t, level in stage.timeline.enable if t > t0) and stage.timeline.enable[-1][1] else None
    )


def unaffected(stage: Stage, t0: int) -> int | None:
    """MOTOR_EN never fell, and both tracks were driven all the time. Reported as 0."""
    driven = all(longest_zero_ns(row, t0, stage.seen_ns) <= _UNDRIVEN_NS for row in stage.timeline.duty)
    return held_up(stage, t0) if driven else None


KEEPS = (held_up, unaffected)  # what has no time of its own


def stuck_told(stage: Stage, t0: int) -> int | None:
    """The operator heard that a gate is stuck: when it came in, whatever time it tells."""
    return heard_ns(stage.operator, "fault", t0, lambda args: str(args["fault"]).startswith("stuck_gate"))


def not_armed(stage: Stage, t0: int) -> int | None:
    """`arm` was refused for the supply, and MOTOR_EN stayed low."""
    refused = stage.arm_answer.startswith("err checks") and "mV" in stage.arm_answer
    low = all(level == 0 for t, level in stage.timeline.enable if t >= t0)
    return stage.answered_ns if refused and low else None
