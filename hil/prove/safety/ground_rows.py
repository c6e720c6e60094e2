"""The rows that lead a track off what was searched: by hand, by a move of the board's own, by a detector that goes
blind, by a place that is not where it is said to be. Whatever leads it there, no track comes onto that ground."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import TYPE_CHECKING, TypeVar

from hil.prove.safety.faults import fault
from hil.prove.safety.in_field import LANE_Y_M, InField
from hil.rigs.capabilities import Inertial, Reset, inertial_of, reset_of
from sapper_host.limits import limit

if TYPE_CHECKING:
    from hil.prove.safety.stage import Stage

Row = TypeVar("Row")

GROUND = limit("GROUND_TOUCHED_MM")
AHEAD = "driven on past the lane"
ASIDE = "driven off the lane's side"
BACK = "driven back past where the search began"
MOVED = "moves back past where the search began"
TURNED = "turns where the search began"
BLIND = "a lane's detector goes blind"
LIES = "GNSS is half a metre off from within a lane on"
UNSURE = "driven off safe ground, from where it was told wrong by two sigma"
# Where it starts: the detector knows the ground 0.45 m on, where the coil, 0.52 ahead, comes into the field.
_ON_SAFE_M, _IN_FIELD_M = -1.15, 1.5
_LANE_M = (1.6, 2.6)
_LEADS_S = 5.0  # onto what was not searched, if nothing stopped it


def _fault(name: str) -> Callable[[Callable[[Stage, Random], None]], Callable[[Stage, Random], None]]:
    """As a fault of faults.py, of a board in a field."""

    def put(function: Callable[[Stage, Random], None]) -> Callable[[Stage, Random], None]:
        def checked(stage: Stage, random: Random) -> None:
            reset_of(stage.rig)
            inertial_of(stage.rig)
            function(stage, random)

        return fault(name, Inertial, Reset)(checked)

    return put


def touched(stage: Stage, t0: int) -> int | None:
    """How far a track came onto ground that was neither searched nor safe: nm where a time is in ns."""
    return t0 + int(stage.in_field.touched_mm) * 1_000_000


# How each begins: a board that stands, ARMED, on what it has searched.


def _searched(stage: Stage, random: Random) -> InField:
    """From safe ground into the field, and back some of it."""
    field = InField(stage.rig, random, _ON_SAFE_M)
    end_m = random.uniform(*_LANE_M)
    field.lane(end_m)
    field.must_move(_back(end_m - random.uniform(0.5, 0.9)))
    return field


def _from_within(stage: Stage, random: Random) -> InField:
    """Set down in the field, where the operator knows the ground, and searched on from there."""
    field = InField(stage.rig, random, _IN_FIELD_M)
    field.operator.must("release 30000")
    field.lane(_IN_FIELD_M + random.uniform(*_LANE_M))
    return field


def _back(x_m: float) -> str:
    return f"back {round(x_m * 1000)} {round(LANE_Y_M * 1000)}"


def _at_the_beginning(stage: Stage, random: Random) -> InField:
    """The same, and as far back again as it goes."""
    field = _from_within(stage, random)
    field.move(_back(_IN_FIELD_M - 0.3))
    if field.state != "ARMED":
        field.arm_again()
    return field


def _in_a_lane(stage: Stage, random: Random, gnss_faults: Sequence[str] = ()) -> InField:
    """On its way."""
    field = InField(stage.rig, random, _ON_SAFE_M, gnss_faults)
    field.move(f"lane 8000 {round(LANE_Y_M * 1000)}", random.uniform(7, 10))
    return field


BEGINS: dict[str, Callable[[Stage, Random], InField]] = {
    AHEAD: _searched,
    ASIDE: _searched,
    BACK: _from_within,
    MOVED: _from_within,
    TURNED: _at_the_beginning,
    BLIND: _in_a_lane,
    LIES: lambda stage, random: _in_a_lane(stage, random, gnss_faults=("wrong_fix", "multipath", "lying")),
    UNSURE: lambda stage, random: InField(stage.rig, random, _ON_SAFE_M, back_mm=random.randrange(100, 200)),
}


@_fault(AHEAD)
def _ahead(stage: Stage, random: Random) -> None:
    stage.in_field.drive(random.randrange(150, 600), 0, _LEADS_S)


@_fault(ASIDE)
def _aside(stage: Stage, random: Random) -> None:
    turn = random.choice((-1, 1)) * random.randrange(250, 900)
    stage.in_field.drive(random.choice((-1, 1)) * random.randrange(150, 400), turn, _LEADS_S)


@_fault(BACK)
def _driven_back(stage: Stage, random: Random) -> None:
    stage.in_field.drive(-random.randrange(150, 600), 0, 3 * _LEADS_S)


@_fault(MOVED)
def _moved_back(stage: Stage, random: Random) -> None:
    stage.in_field.move(_back(_IN_FIELD_M - 1.0))


@_fault(TURNED)
def _turned(stage: Stage, random: Random) -> None:
    stage.in_field.move(f"turn {random.choice((-1, 1)) * random.randrange(700, 1571)}")


@_fault(BLIND)
def _blind(stage: Stage, random: Random) -> None:
    """All gates at a rail, or at what air gives: then nothing but the ground itself tells."""
    stage.in_field.loop.blind_mv = random.choice((0.0, 3300.0))
    stage.in_field.run_on(_LEADS_S)


@_fault(LIES)
def _lies(stage: Stage, random: Random) -> None:
    """For so long that it may have come to believe it; then the operator goes where the rover says that it may."""
    field = stage.in_field
    field.run_on(_LEADS_S)
    field.stand_armed()
    turn = random.choice((-1, 0, 1)) * random.randrange(100, 600)
    field.drive(random.randrange(150, 400), turn, _LEADS_S)


@_fault(UNSURE)
def _unsure(stage: Stage, random: Random) -> None:
    stage.in_field.drive(random.randrange(150, 400), random.randrange(-60, 60), 2 * _LEADS_S)


def ground_rows(scenario: Callable[..., Row]) -> list[Row]:
    """All of them, made by `scenario`."""
    by_hand = [scenario(GROUND, name, "TELEOP", touched, 0) for name in (AHEAD, ASIDE, BACK, MOVED, TURNED, UNSURE)]
    return [*by_hand, *(scenario(GROUND, name, "SWEEP", touched, 0) for name in (BLIND, LIES))]
