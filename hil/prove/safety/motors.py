"""Whether the motors are as a state has them, asked of the pins and of the tracks, never of the board's own word."""

from __future__ import annotations

from collections.abc import Sequence

from hil.prove.safety.timeline import Timeline
from hil.rigs.capabilities import Insight
from hil.rigs.rig import Rig
from sapper.shared.pins import GPIO

MOTORS = ("MOTOR_LEFT", "MOTOR_RIGHT")
SIDES = ("LEFT", "RIGHT")
_MOVES_M_S = 0.02


def not_as(state: str, timeline: Timeline, speeds_m_s: Sequence[float]) -> str:
    """'' when MOTOR_EN, duties and tracks are as this state has them, faults aside; else what is not."""
    enabled, driven = state != "SAFE", state in ("TELEOP", "SWEEP")
    wrong = []
    if bool(timeline.enable[-1][1]) != enabled:
        wrong.append(f"MOTOR_EN is {'low' if enabled else 'high'}")
    for name, row, speed in zip(SIDES, timeline.duty, speeds_m_s, strict=True):
        if bool(row[-1][1]) != driven or driven and abs(speed) < _MOVES_M_S:
            wrong.append(f"{name.lower()} track at duty {row[-1][1]:.2f}, {speed:.2f} m/s")
    return ", ".join(wrong)


def not_safe(rig: Rig) -> str:
    """'' when both motor pins are low and MOTOR_EN is low; else what is wrong. The motor pins are not on PWM, either,
    where the rig shows it: one on PWM at duty 0 is as low."""
    wrong = []
    for name in MOTORS:
        level = rig.pin(GPIO[name]).level
        function = rig.insight.pin_function(GPIO[name]) if isinstance(rig, Insight) else "?"
        if level or function == "pwm":
            wrong.append(f"{name} is {level} on {function}")
    if rig.pin(GPIO["MOTOR_EN"]).level:
        wrong.append("MOTOR_EN is high")
    return ", ".join(wrong)
