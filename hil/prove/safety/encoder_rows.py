"""The rows that break an encoder: stopped in its time, never far on a false speed, and no faster than promised."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hil.prove.safety.encoder_faults import (
    BOTH_CUT,
    BOTH_JAMMED,
    HALF,
    HIDDEN,
    MAGNET,
    NO_SUPPLY,
    SIDES,
    SLIPS,
    SPIKES,
    TOUCH,
    WIRES,
)
from hil.prove.safety.measures import stopped
from hil.prove.safety.stage import COURSE, Stage
from sapper_host.limits import limit

Row = TypeVar("Row")

ENCODER = limit("ENCODER_STOP_MS")
MISLED = limit("MISLED_MM")
FASTER = limit("UNTOLD_MM_S")
_RUN_UP_MS = 900  # to a steady speed: a share of the counts is lost from a speed, not from a start
_BACK = (-250, 0)
_TURN = (0, 1000)
_COURSES = (("SWEEP", COURSE), ("TELEOP", COURSE), ("TELEOP", _BACK), ("TELEOP", _TURN))


def astray(stage: Stage, t0: int) -> int | None:
    """The way on a false speed until MOTOR_EN was low, in nm where a time is in ns."""
    return t0 + int(stage.tracks.astray.way_mm * 1e6)


def faster(stage: Stage, t0: int) -> int | None:
    """The most, over 100 ms, that a track was faster than asked: um/s where a time is in ns."""
    return t0 + int(stage.tracks.astray.faster_mm_s * 1e6)


def encoder_rows(scenario: Callable[..., Row]) -> list[Row]:
    """All of them, made by `scenario`."""
    rows: list[Row] = []
    for side in SIDES:
        for state, course in _COURSES:
            for fault in WIRES:
                name = f"{side} encoder: {fault}"
                rows.append(scenario(ENCODER, name, state, stopped, 320, "FAULT", after_ms=30, course=course))
            for fault in (HALF, SLIPS, HIDDEN):
                name = f"{side} encoder: {fault}"
                rows.append(scenario(MISLED, name, state, astray, 1500, "FAULT", course=course, run_up_ms=_RUN_UP_MS))
            rows.append(scenario(FASTER, f"{side} encoder: {MAGNET}", state, faster, 2000, state, course=course))
        for state in ("SWEEP", "TELEOP"):
            rows.append(scenario(ENCODER, f"{side} encoder: {TOUCH}", state, stopped, 320, "FAULT", after_ms=30))
            rows.append(scenario(MISLED, f"{side} encoder: {SPIKES}", state, astray, 2000))
        # Backwards two wires that touch count as they should; the first move ahead shows them.
        rows.append(scenario(FASTER, f"{side} encoder: {TOUCH}", "TELEOP", faster, 1000, "TELEOP", course=_BACK))
    for state, course in _COURSES:
        for fault in (NO_SUPPLY, BOTH_CUT, BOTH_JAMMED):
            rows.append(scenario(ENCODER, fault, state, stopped, 320, "FAULT", after_ms=30, course=course))
    return rows
