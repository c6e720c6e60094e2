"""A board in a field of the world: brought to where it may be told to leave what it searched.

Which ground is clear the world's truth alone says (hil/world/field/ground_truth.py): where the coil truly was while the
board told that it searched, and saw. What the board makes of its place has no part in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.play.antenna import tell_antenna
from hil.play.field_loop import FieldLoop
from hil.play.operator import Operator, OperatorError
from hil.play.searching import Searching
from hil.prove.safety.timeline import Timeline
from hil.rigs.capabilities import inertial_of
from hil.rigs.rig import NS_PER_MS, NS_PER_S, Rig
from hil.world.field.field_file import parse_field
from hil.world.field.field_world import FieldWorld
from hil.world.field.ground_truth import CELL_M
from hil.world.field.made_up import TOLD_SIGMA_MM, TOLD_SIGMA_MRAD
from hil.world.rover import Slice

SLICE_NS = 10 * NS_PER_MS
LANE_Y_M = -2.0
_BASE_M = 4.0
_DRIVE_EVERY_NS = 100 * NS_PER_MS
_MOVE_MOST_S = 40.0
_REST_NS = 800 * NS_PER_MS
_MOVING = ("SWEEP", "TELEOP")
_GATES = 3
_OFF_SIGMAS = 2  # a place that is told wrong by so many of its sigmas
_ALERTS_MOST = 3
_BIAS_S = 4.0
# From its start until a board is in its first lane.
_IN_A_LANE_S = (14.0, 18.0)


class _Loop(FieldLoop):
    """Keeps what the pins did, and may blind the detector. blind_mv: what all gates stand at then."""

    def __init__(self, rig: Rig, world: FieldWorld, searching: Searching) -> None:
        self.timeline = Timeline()
        self.blind_mv: float | None = None
        super().__init__(rig, world, SLICE_NS, lambda: searching() and self.blind_mv is None)

    def _play(self, t0_ns: int, t1_ns: int, moved: Slice) -> None:
        super()._play(t0_ns, t1_ns, moved)
        if self.blind_mv is not None:
            for gate in range(_GATES):
                self.rig.adc.play(gate, [t0_ns], [self.blind_mv], interpolate="hold")

    def _collect(self) -> None:
        rows = (self._drive.duty_left, self._drive.duty_right, self._drive.enable)
        before = [len(row) for row in rows]
        super()._collect()
        for row, had, line in zip(rows, before, (*self.timeline.duty, self.timeline.enable), strict=True):
            line.extend((t - self._felt_after_ns, value) for t, value in row[had:])


class InField:
    """Of a board in SAFE that has begun no field. operator: who is at its line. refused: what it was refused last."""

    def __init__(
        self, rig: Rig, random: Random, start_m: float, gnss_faults: Sequence[str] = (), back_mm: int = 0
    ) -> None:
        """gnss_faults: kinds of which one befalls the receiver in a lane, and stays. back_mm: it is told so much too
        far back, which is within what it is told of its uncertainty, and nothing tells it better."""
        seed = random.randrange(1 << 30)
        self._random = random
        data: dict[str, Any] = {
            "field": {
                "corners_m": [[0, 0], [9, 0], [9, -4], [0, -4]],
                "base_length_m": _BASE_M,
                "seed": seed,
                "safe_depth_m": 6.0,
            },
            "start": {
                "x_m": start_m + random.gauss(0, TOLD_SIGMA_MM / 1000),
                "y_m": LANE_Y_M + random.gauss(0, TOLD_SIGMA_MM / 1000),
                "heading_deg": math.degrees(random.gauss(0, TOLD_SIGMA_MRAD / 1000)),
            },
            "front_end": {"coils": 10},
            "relief": {"slope_deg": random.uniform(0, 2), "swell_mm": 8.0, "bump_mm": 1.0},
            "soil": {"strength_mv": random.uniform(5, 40)},
            "loose": {"share": random.uniform(0, 0.4)},
            "skid": {"preset": random.choice(("usual", "worst"))},
        }
        if gnss_faults:
            from_s = rig.now_ns / NS_PER_S + random.uniform(*_IN_A_LANE_S)
            data["gnss_fault"] = [
                {
                    "kind": random.choice(gnss_faults), "t0_s": from_s, "t1_s": from_s + 1000,
                    "size_m": 0.5, "toward_deg": random.uniform(-180, 180),
                }
            ]  # fmt: skip
        self.world = FieldWorld(parse_field(data))
        self.searching = Searching()
        self.loop = _Loop(rig, self.world, self.searching)
        self.operator = Operator(rig, self.loop.run)
        self.operator.listener = self.searching.hear
        self.refused = ""
        self._before: NDArray[np.bool_] | None = None
        inertial_of(rig).plug(True)
        self.operator.boot()
        self.operator.must("telemetry on")
        self._stands(2.0)
        self._begin(start_m, back_mm)

    def _begin(self, start_m: float, back_mm: int) -> None:
        """Told its place and its base line, and armed."""
        must = self.operator.must
        sigma_mm = max(TOLD_SIGMA_MM, -(-back_mm // _OFF_SIGMAS))
        x_mm, y_mm = round(start_m * 1000) - back_mm, round(LANE_Y_M * 1000)
        place = f"place {x_mm} {y_mm} 0 {sigma_mm} {TOLD_SIGMA_MRAD}"
        must(place)
        # The gyro is looked at from then on: its bias is known when it has stood.
        self._stands(_BIAS_S)
        must(place)
        if not back_mm:
            self._knows_gnss()
        must(f"base {round(-_BASE_M * 1000)} 0")
        self.operator.arm()

    def _knows_gnss(self) -> None:
        """Where its antenna is, and the field."""
        must = self.operator.must
        gnss = self.world.file.gnss
        tell_antenna(self.operator, gnss)
        degrees = [math.modf(each) for each in (gnss.lat_deg, gnss.lon_deg)]
        told = " ".join(f"{int(whole)} {round(part * 1e9)}" for part, whole in degrees)
        must(f"origin {told} {round(gnss.height_m * 1000)} {round(math.radians(gnss.bearing_deg) * 1000)}")
        self._stands(2.0)

    def _stands(self, seconds: float) -> None:
        self.operator.run(round(seconds * NS_PER_S), 50 * NS_PER_MS)

    @property
    def state(self) -> str:
        """As the board last told."""
        return self.operator.state

    def to_rest(self) -> None:
        """Until it stands."""
        self.operator.run(_REST_NS)

    def move(self, line: str, most_s: float = _MOVE_MOST_S) -> None:
        """A move of the board's own, to its end, to whatever ends it, or for so long."""
        self.refused, end_ns = "", self.loop.rig.now_ns + round(most_s * NS_PER_S)
        answer, _ = self.operator.ask(line)
        if not answer.startswith("ok"):
            self.refused = answer
            return
        while self.loop.rig.now_ns < end_ns:
            self.operator.run(50 * NS_PER_MS)
            if self.state not in _MOVING:
                break
        self.to_rest()

    def must_move(self, line: str) -> None:
        """One that is to come to its end."""
        self.move(line)
        self._must_stand(line)

    def _must_stand(self, line: str) -> None:
        if self.refused or self.state != "ARMED":
            raise OperatorError(f"'{line}' ended in {self.state} {self.refused}; {self.operator.heard.events[-4:]}")

    def lane(self, x_m: float) -> None:
        """Search so far into the field; an alert on the way is of nothing."""
        line = f"lane {round(x_m * 1000)} {round(LANE_Y_M * 1000)}"
        self.move(line)
        for _ in range(_ALERTS_MOST):
            if self.state != "CONTACT":
                break
            self.operator.must("verdict clutter")
            self.move(line)
        self._must_stand(line)

    def drive(self, speed_mm_s: int, turn_mrad_s: int, most_s: float) -> None:
        """By hand, until it is refused or stopped, or for so long: then let go."""
        self.refused, end_ns = "", self.loop.rig.now_ns + round(most_s * NS_PER_S)
        while self.loop.rig.now_ns < end_ns:
            answer, _ = self.operator.ask(f"drive {speed_mm_s} {turn_mrad_s}")
            if not answer.startswith("ok"):
                self.refused = answer
                break
            self.operator.run(_DRIVE_EVERY_NS)
        else:
            self.operator.ask("drive 0 0")
        self.to_rest()

    def run_on(self, seconds: float) -> None:
        """Until the search has ended by itself and the rover stands, or for so long."""
        end_ns = self.loop.rig.now_ns + round(seconds * NS_PER_S)
        while self.state == "SWEEP" and self.loop.rig.now_ns < end_ns:
            self.operator.run(50 * NS_PER_MS)
        self.to_rest()

    def stand_armed(self) -> None:
        """Whatever it does, it stands, and may be driven."""
        if self.state == "CONTACT":
            self.operator.must("verdict clutter")
        elif self.state == "SWEEP":
            self.operator.must("stop")
            self.to_rest()
        if self.state != "ARMED":
            self.arm_again()

    def arm_again(self) -> None:
        """After a protective stop."""
        self.operator.must("disarm", 1500)
        self.operator.arm()

    # What became of it

    def watch(self) -> None:
        """From now on: what a track comes onto."""
        self.world.truth.flush()
        self._before = self.world.truth.touched.copy()

    @property
    def touched_mm(self) -> int:
        """How far a track has come onto ground that was neither searched nor safe, since `watch`; 0: on none."""
        truth = self.world.truth
        truth.flush()
        assert self._before is not None
        new, reached, cells = truth.touched & ~self._before, truth.clear.copy(), 0
        while (new & ~reached).any():
            reached = _wider(reached)
            cells += 1
        return round(cells * CELL_M * 1000)

    @property
    def held(self) -> bool:
        """Whether the board refused the last motion for the ground, or stopped it, for whatever it knew."""
        return self.refused.startswith("err ground") or self.state in ("STOPPED", "FAULT")


def _wider(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """These and the ones beside them."""
    out = cells.copy()
    out[1:] |= cells[:-1]
    out[:-1] |= cells[1:]
    out[:, 1:] |= cells[:, :-1]
    out[:, :-1] |= cells[:, 1:]
    return out
