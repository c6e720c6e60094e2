"""Where the board stands in its control tick, told from the chip's inside: its core's sleep."""

from __future__ import annotations

from hil.play.operator import OperatorError
from hil.prove.safety.stage import Stage
from hil.rigs.capabilities import insight_of

_LOOK_NS = 20_000
_LOOKS = 2000
_WORK = 40  # looks awake, 0.8 ms: no mere interrupt


def at_end_of_tick(stage: Stage) -> int:
    """Run to the end of a control tick (the core sleeps after long work), found to 20 us; the time of it."""
    insight = insight_of(stage.rig)
    awake = 0
    for _ in range(_LOOKS):
        stage.rig.run(_LOOK_NS)
        if not insight.asleep:
            awake += 1
        elif awake > _WORK:
            break
        else:
            awake = 0
    else:
        raise OperatorError("the core neither sleeps nor works as a control loop does")
    stage.note()
    return stage.now_ns


def at_start_of_tick(stage: Stage) -> int:
    """Run to the start of a control tick (the core wakes and stays awake), and on a little; the time of it, found to
    20 us."""
    insight = insight_of(stage.rig)
    slept, awake = False, 0
    for _ in range(_LOOKS):
        stage.rig.run(_LOOK_NS)
        slept = slept or insight.asleep
        awake = 0 if insight.asleep else awake + 1
        if slept and awake == _WORK:
            break
    else:
        raise OperatorError("the core neither sleeps nor works as a control loop does")
    stage.note()
    return stage.now_ns - _WORK * _LOOK_NS
