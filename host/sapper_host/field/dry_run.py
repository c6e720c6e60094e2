"""What a plan would take: time, way and energy, lane by lane, and where batteries are changed: figures alone."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sapper_host.field.errors import FieldError
from sapper_host.field.moves import Leg
from sapper_host.field.plan import Plan

# Name, usual value, least, most, unit, where the usual value is from. Whoever has measured a rover gives its own.
MACHINE = (
    ("sweep_mm_s", 300, 50, 600, "mm/s", "the board's setting of that name"),
    ("back_mm_s", 300, 50, 1500, "mm/s", "likewise: back on searched ground is no faster than a sweep"),
    ("turn_mrad_s", 500, 50, 6000, "mrad/s", "half of the board's turn_max_mrad_s"),
    ("pause_ms", 1000, 0, 60000, "ms", "between two moves: coming to rest, and the next one's start"),
    ("mass_g", 25000, 1000, 200000, "g", "a rover of this size with its battery; weigh yours"),
    ("resistance_pm", 150, 10, 1000, "1/1000", "tracks on loose soil: resistance as a share of weight, assumed"),
    ("friction_pm", 700, 10, 2000, "1/1000", "tracks turned on the spot: friction across, assumed"),
    ("efficiency_pm", 500, 50, 1000, "1/1000", "battery to tracks: driver, motor and gear, assumed"),
    ("idle_mw", 8000, 0, 500000, "mW", "board, radio, receiver and coil, moving or not, assumed"),
    ("battery_mwh", 240000, 1000, 5000000, "mWh", "24 V, 10 Ah"),
    ("usable_pm", 800, 100, 1000, "1/1000", "of the battery, before it is changed"),
)
_J_PER_WH = 3600.0
_G = 9.81


@dataclass(frozen=True)
class LaneFigures:
    """Of one lane with what is entered from it on the way: its number, way, searched stretches, turns, time, energy.
    new_battery: whether one is put in before it."""

    lane: int
    driven_m: float
    searched_m: float
    turns: int
    time_s: float
    energy_wh: float
    new_battery: bool = False


@dataclass(frozen=True)
class DryRun:
    """too_long: lanes that take more than one battery."""

    lanes: tuple[LaneFigures, ...]
    driven_m: float
    time_s: float
    energy_wh: float
    batteries: int
    too_long: tuple[int, ...]

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)


def machine_of(given: Mapping[str, int]) -> dict[str, int]:
    """The usual figures with those given. FieldError when one is unknown or out of bounds."""
    values = {name: usual for name, usual, *_ in MACHINE}
    for name in given:
        if name not in values:
            raise FieldError("the machine", f"there is no figure '{name}'", f"there are {', '.join(values)}")
    for name, _, least, most, unit, _ in MACHINE:
        values[name] = given.get(name, values[name])
        if not least <= values[name] <= most:
            raise FieldError("the machine", f"{name} is {values[name]}", f"give {least} to {most} {unit}")
    return values


def dry_run(plan: Plan, machine: Mapping[str, int]) -> DryRun:
    """The figures of a plan. A battery lasts from one standing on the base line to another."""
    lanes: list[LaneFigures] = []
    usable_wh = machine["battery_mwh"] / 1000 * machine["usable_pm"] / 1000
    used, batteries, too_long = 0.0, 1, []
    for lane, legs in _tours(plan):
        driven = sum(leg.mm for leg in legs) / 1000
        times = [_time_s(leg, machine) for leg in legs]
        energy = sum(_energy_wh(leg, time, plan, machine) for leg, time in zip(legs, times, strict=True))
        new = used > 0 and used + energy > usable_wh
        used, batteries = (energy, batteries + 1) if new else (used + energy, batteries)
        if energy > usable_wh:
            too_long.append(lane)
        searched = sum(leg.mm for leg in legs if leg.searches) / 1000
        turns = sum(leg.kind == "turn" for leg in legs)
        lanes.append(LaneFigures(lane, driven, searched, turns, sum(times), energy, new))
    return DryRun(
        tuple(lanes),
        sum(lane.driven_m for lane in lanes),
        sum(lane.time_s for lane in lanes),
        sum(lane.energy_wh for lane in lanes),
        batteries,
        tuple(too_long),
    )


def _tours(plan: Plan) -> Iterator[tuple[int, Sequence[Leg]]]:
    """From each standing on the base line to the next: the lane's number, and its legs, the shift to it first."""
    at, lane = 0, 0
    for i, leg in enumerate(plan.legs):
        move = plan.moves[leg.move]
        begins = move.kind == "shift" and (i == 0 or plan.legs[i - 1].move != leg.move)
        if i and begins:
            yield lane, plan.legs[at:i]
            at = i
        if begins or i == 0:
            lane = move.lane
    yield lane, plan.legs[at:]


def _time_s(leg: Leg, machine: Mapping[str, int]) -> float:
    pause = machine["pause_ms"] / 1000
    if leg.kind == "turn":
        return pause + _angle(leg) / (machine["turn_mrad_s"] / 1000)
    return pause + leg.mm / machine["sweep_mm_s" if leg.kind == "ahead" else "back_mm_s"]


def _energy_wh(leg: Leg, time_s: float, plan: Plan, machine: Mapping[str, int]) -> float:
    """Resistance over the way; of a turn on the spot, friction times weight times a quarter of the tracks' length (M.
    Steeds, Tracked vehicles, Automobile Engineer 1950: uniform pressure); and what runs all the time."""
    newton = machine["mass_g"] / 1000 * _G
    if leg.kind == "turn":
        work = machine["friction_pm"] / 1000 * newton * plan.geometry.track_length_mm / 1000 / 4 * _angle(leg)
    else:
        work = machine["resistance_pm"] / 1000 * newton * leg.mm / 1000
    joule = work / (machine["efficiency_pm"] / 1000) + machine["idle_mw"] / 1000 * time_s
    return joule / _J_PER_WH


def _angle(leg: Leg) -> float:
    quarters = abs((leg.end.heading - leg.start.heading + 2) % 4 - 2)
    return quarters * math.pi / 2
